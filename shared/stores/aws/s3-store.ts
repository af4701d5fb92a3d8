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
   * What is never listed: what the pipeline wrote itself, when that is inside a bucket with images.
   * @default nothing
   */
  readonly exclude?: (object: { readonly bucket: string; readonly key: string }) => boolean;
}

/** Objects in S3, or in what speaks its protocol. */
export class S3Store implements ObjectStore {
  readonly #client: S3Client;
  readonly #exclude: NonNullable<S3StoreOptions['exclude']>;

  constructor(client: S3Client, options: S3StoreOptions = {}) {
    this.#client = client;
    this.#exclude = options.exclude ?? (() => false);
  }

  /**
   * Without what consoles and copying tools leave: empty objects that stand for folders, and hidden files.
   * @throws {UserError} when the bucket is missing or may not be listed
   * @throws {Failure} a passing one
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
      if (Body === undefined || size === undefined) throw new Failure('unavailable', 'S3 answered without an object');
      if (size > maxBytes) {
        // Left as it is, the body would keep its connection, and the client has 50 of them.
        if (Body instanceof Readable) Body.destroy();
        throw new Failure('too_large', `the object has ${size} bytes, the limit is ${maxBytes}`);
      }
      const bytes = await wholeBody(Body, size);
      // `null` names the version of a bucket that stopped to keep them, which is overwritten: not an identity.
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
      // S3's answer to a range that begins where the object has ended.
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

/** The body of an answer to a request for a range, once it is certain that it is that range. */
async function partialBody(
  { Body, ContentLength: size, ContentRange }: GetObjectCommandOutput,
  { offset, length }: ByteRange,
): Promise<Uint8Array> {
  if (Body === undefined || size === undefined) throw new Failure('unavailable', 'S3 answered without an object');
  if (size > length || !ContentRange?.startsWith(`bytes ${offset}-`)) {
    if (Body instanceof Readable) Body.destroy();
    const got = `${size} bytes of ${ContentRange === undefined ? 'the whole object' : `the range ${ContentRange}`}`;
    throw new Failure('unavailable', `expected ${length} bytes from ${offset} on, S3 answered with ${got}`);
  }
  return wholeBody(Body, size);
}

/** Into one buffer as it comes: gathered first and joined then, a body would be held twice. */
async function wholeBody(body: NonNullable<GetObjectCommandOutput['Body']>, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let got = 0;
  try {
    if (!(body instanceof Readable)) throw new Error('the body is no stream of Node');
    for await (const chunk of body) {
      const part: Uint8Array = chunk;
      bytes.set(part, got);
      got += part.byteLength;
    }
  } catch (cause) {
    throw new Failure('unavailable', `the object ended early: ${messageOf(cause)}`, { cause });
  }
  if (got === size) return bytes;
  throw new Failure('unavailable', `the object ended early: expected ${size} bytes, got ${got}`);
}

function unquoted(etag = ''): string {
  return etag.replaceAll('"', '');
}

/** A fault that will not pass by itself is for the person who named the bucket. */
function cannotList(bucket: string, endpoint: string | undefined, failure: Failure): Error {
  if (failure.reason === 'object_gone') return new UserError(`there is no bucket ${bucket}`, { cause: failure });
  const told = describeFailure(endpoint, `the bucket ${bucket} cannot be listed`, failure);
  if (failure.reason === 'throttled' || failure.reason === 'timeout') return told;
  return new UserError(told.message, { cause: failure });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
