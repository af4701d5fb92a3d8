import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Failure } from '../../failures/failure.ts';
import { UserError } from '../../failures/user-error.ts';
import { isClutter } from '../keys.ts';
import type { ByteRange, ListedObject, ObjectAddress, ObjectStore, StoredObject } from '../ports.ts';
import { awsFailure, describeFailure } from './aws-failure.ts';
import { endpointOf } from './clients.ts';

export interface S3StoreOptions {
  /**
   * Objects to skip in listings: the pipeline's own output in a bucket with images.
   * @default no object
   */
  readonly exclude?: (object: { readonly bucket: string; readonly key: string }) => boolean;
}

/** Objects in S3 or in a compatible service. */
export class S3Store implements ObjectStore {
  readonly #client: S3Client;
  readonly #exclude: NonNullable<S3StoreOptions['exclude']>;

  constructor(client: S3Client, options: S3StoreOptions = {}) {
    this.#client = client;
    this.#exclude = options.exclude ?? (() => false);
  }

  /**
   * Skips empty objects that stand for folders, and hidden files, see `isClutter`.
   * @throws {UserError} if the bucket does not exist or cannot be listed
   * @throws {Failure} a transient one
   */
  async *list(bucket: string, prefix: string): AsyncGenerator<ListedObject> {
    for await (const { Key: key, ETag, Size: size = 0, LastModified } of this.#contents(bucket, prefix)) {
      if (key === undefined || isClutter(key, size, prefix)) continue;
      if (this.#exclude({ bucket, key })) continue;
      yield { bucket, key, etag: unquoted(ETag), size, modified: LastModified ?? new Date(0) };
    }
  }

  async *#contents(bucket: string, prefix: string) {
    let token: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await this.#client
        .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }))
        .catch(async (error: unknown) => {
          throw cannotList(bucket, await endpointOf(this.#client), awsFailure(error));
        });
      yield* page.Contents ?? [];
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async read({ bucket, key, versionId }: ObjectAddress, { maxBytes }: { maxBytes: number }): Promise<StoredObject> {
    try {
      const answer = await this.#client.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
      const { Body, ContentLength: size, ETag, VersionId = versionId } = answer;
      if (Body === undefined || size === undefined)
        throw new Failure('unavailable', 'the response of S3 has no object');
      if (size > maxBytes) {
        // An unread body would keep its connection, and the client has only 50 of them.
        if (Body instanceof Readable) Body.destroy();
        throw new Failure('too_large', `the object has ${size} bytes, the limit is ${maxBytes}`);
      }
      const bytes = await wholeBody(Body, size);
      // `null` names a version that is overwritten, in a bucket that no longer keeps versions: not an identity.
      return { bytes, etag: unquoted(ETag), versionId: VersionId === 'null' ? undefined : VersionId };
    } catch (error) {
      throw awsFailure(error);
    }
  }

  async readRange({ bucket, key, versionId }: ObjectAddress, range: ByteRange): Promise<Uint8Array> {
    const { offset, length } = range;
    const Range = `bytes=${offset}-${offset + length - 1}`;
    try {
      const answer = await this.#client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId, Range }),
      );
      return await partialBody(answer, range);
    } catch (error) {
      // S3 answers this to a range that starts after the end of the object.
      if (error instanceof S3ServiceException && error.name === 'InvalidRange') return new Uint8Array();
      throw awsFailure(error);
    }
  }

  async write({ bucket, key }: ObjectAddress, bytes: Uint8Array): Promise<void> {
    try {
      await this.#client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
    } catch (error) {
      throw awsFailure(error);
    }
  }
  async remove({ bucket, key, versionId }: ObjectAddress): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
    } catch (error) {
      throw awsFailure(error);
    }
  }
}

/** The body of the response to a range request, after checking that it is the requested range. */
async function partialBody(
  { Body, ContentLength: size, ContentRange }: GetObjectCommandOutput,
  { offset, length }: ByteRange,
): Promise<Uint8Array> {
  if (Body === undefined || size === undefined) throw new Failure('unavailable', 'the response of S3 has no object');
  if (size > length || !ContentRange?.startsWith(`bytes ${offset}-`)) {
    if (Body instanceof Readable) Body.destroy();
    const received = `${size} bytes of ${ContentRange === undefined ? 'the whole object' : `the range ${ContentRange}`}`;
    throw new Failure('unavailable', `expected ${length} bytes from byte ${offset}, received ${received}`);
  }
  return wholeBody(Body, size);
}

/** Copies chunks into one buffer as they arrive; joining them at the end would hold the body twice. */
async function wholeBody(body: NonNullable<GetObjectCommandOutput['Body']>, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let received = 0;
  try {
    if (!(body instanceof Readable)) throw new Error('the body is not a Node.js stream');
    for await (const chunk of body) {
      const part: Uint8Array = chunk;
      bytes.set(part, received);
      received += part.byteLength;
    }
  } catch (cause) {
    throw new Failure('unavailable', `the object ended early: ${messageOf(cause)}`, { cause });
  }
  if (received === size) return bytes;
  throw new Failure('unavailable', `the object ended early: expected ${size} bytes, received ${received}`);
}

function unquoted(etag = ''): string {
  return etag.replaceAll('"', '');
}

/** A failure that does not go away by itself is reported to the user. */
function cannotList(bucket: string, endpoint: string | undefined, failure: Failure): Error {
  if (failure.reason === 'object_gone') return new UserError(`the bucket ${bucket} does not exist`, { cause: failure });
  const described = describeFailure(endpoint, `the bucket ${bucket} cannot be listed`, failure);
  if (failure.reason === 'throttled' || failure.reason === 'timeout') return described;
  return new UserError(described.message, { cause: failure });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
