import { Readable } from 'node:stream';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { Failure } from '../../failures/failure.ts';
import type { ByteRange } from '../ports.ts';

type Body = NonNullable<GetObjectCommandOutput['Body']>;

/** Copies chunks into one buffer as they arrive; joining them at the end would hold the body twice. @param size bytes */
export async function sizedBody(body: Body, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let received = 0;
  for await (const chunk of chunksOf(body)) {
    if (received + chunk.byteLength > size) {
      throw new Failure('unavailable', `the object is longer than the ${size} bytes that were announced`);
    }
    bytes.set(chunk, received);
    received += chunk.byteLength;
  }
  if (received === size) return bytes;
  throw new Failure('unavailable', `the object ended early: expected ${size} bytes, received ${received}`);
}

/**
 * A body whose size the service did not announce, as proxies send it in chunks.
 * @throws {Failure} `too_large` as soon as more than `maxBytes` have arrived
 */
export async function unsizedBody(body: Body, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of chunksOf(body)) {
    received += chunk.byteLength;
    if (received > maxBytes) {
      throw new Failure('too_large', `the object has more bytes than the limit of ${maxBytes}`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, received);
}

/** The body of the response to a range request, after checking that it is the requested range. */
export async function partialBody(
  { Body: body, ContentLength, ContentRange: range }: GetObjectCommandOutput,
  { offset, length }: ByteRange,
): Promise<Uint8Array> {
  if (body === undefined) throw new Failure('unavailable', 'the response of S3 has no object');
  const size = ContentLength ?? sizeOfRange(range);
  if (size === undefined || size > length || !range?.startsWith(`bytes ${offset}-`)) {
    abandonBody(body);
    const received = `${size ?? 'unknown'} bytes of ${range === undefined ? 'the whole object' : `the range ${range}`}`;
    throw new Failure('unavailable', `expected ${length} bytes from byte ${offset}, received ${received}`);
  }
  return sizedBody(body, size);
}

/** Releases the connection of a body that is not read; the client has only 50 of them. */
export function abandonBody(body: Body): void {
  if (body instanceof Readable) body.destroy();
}

/** @throws {Failure} `unavailable` if the connection breaks; that of an `AnswerWatch` which gave up */
async function* chunksOf(body: Body): AsyncGenerator<Uint8Array> {
  if (!(body instanceof Readable)) throw new Failure('internal', 'the body is not a Node.js stream');
  try {
    for await (const chunk of body) yield chunk;
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('unavailable', `the object ended early: ${why}`, { cause });
  }
}

/** Bytes of a range such as `bytes 50-149/200`. */
function sizeOfRange(range = ''): number | undefined {
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(range) ?? [];
  return last === undefined ? undefined : Number(last) - Number(first) + 1;
}
