import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Failure } from '../../failures/failure.ts';
import { UserError } from '../../failures/user-error.ts';
import { clutterKind } from '../keys.ts';
import type { ByteRange, ListedObject, ObjectAddress, ObjectStore, SkippedName, StoredObject } from '../ports.ts';
import { awsFailure, describeFailure } from './aws-failure.ts';
import { abandonBody, partialBody, sizedBody, unsizedBody } from './body.ts';
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
  async *list(
    bucket: string,
    prefix: string,
    onSkip: (why: SkippedName) => void = () => {},
  ): AsyncGenerator<ListedObject> {
    for await (const { Key: key, ETag, Size: size = 0, LastModified } of this.#contents(bucket, prefix)) {
      if (key === undefined) continue;
      const why = this.#exclude({ bucket, key }) ? 'store' : clutterKind(key, size, prefix);
      if (why !== undefined) onSkip(why);
      else yield { bucket, key, etag: unquoted(ETag), size, modified: LastModified ?? new Date(0) };
    }
  }

  async *#contents(bucket: string, prefix: string) {
    let before: ReadonlySet<string | undefined> = new Set();
    for await (const { Contents = [], EncodingType } of this.#pages(bucket, prefix)) {
      for (const { Key, ...object } of Contents) {
        // A page that a service or a proxy repeats would count its images twice.
        if (before.has(Key)) continue;
        // A server that does not know the encoding returns keys as they are, without its name.
        yield { ...object, Key: EncodingType === 'url' && Key !== undefined ? decodedKey(Key) : Key };
      }
      before = new Set(Contents.map(({ Key }) => Key));
    }
  }

  async *#pages(bucket: string, prefix: string): AsyncGenerator<ListObjectsV2CommandOutput> {
    let token: string | undefined;
    do {
      let page = await this.#page(bucket, prefix, token);
      // A proxy may have repeated its last answer.
      if (pageProblem(page, token) !== undefined) page = await this.#page(bucket, prefix, token);
      const problem = pageProblem(page, token);
      if (problem !== undefined) {
        throw new UserError(`the listing of the bucket ${bucket} cannot be continued: the service gives ${problem}`);
      }
      yield page;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  /** With encoded keys: XML cannot hold control characters, so a key with one would break the listing of its bucket. */
  async #page(bucket: string, prefix: string, token: string | undefined): Promise<ListObjectsV2CommandOutput> {
    const request = { Bucket: bucket, Prefix: prefix, ContinuationToken: token, EncodingType: 'url' } as const;
    return this.#client.send(new ListObjectsV2Command(request)).catch(async (error: unknown) => {
      throw await cannotList(bucket, await endpointOf(this.#client), awsFailure(error, { action: 's3:ListBucket' }));
    });
  }

  async read({ bucket, key, versionId }: ObjectAddress, { maxBytes }: { maxBytes: number }): Promise<StoredObject> {
    try {
      const answer = await this.#client.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
      const { Body, ContentLength: size, ETag, VersionId = versionId } = answer;
      if (Body === undefined) throw new Failure('unavailable', 'the response of S3 has no object');
      if (size !== undefined && size > maxBytes) {
        abandonBody(Body);
        throw new Failure('too_large', `the object has ${size} bytes, the limit is ${maxBytes}`);
      }
      const bytes = await (size === undefined ? unsizedBody(Body, maxBytes) : sizedBody(Body, size));
      // `null` names a version that is overwritten, in a bucket that no longer keeps versions: not an identity.
      return { bytes, etag: unquoted(ETag), versionId: VersionId === 'null' ? undefined : VersionId, isOwned: true };
    } catch (error) {
      throw awsFailure(error, { action: 's3:GetObject' });
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
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 416) return new Uint8Array();
      throw awsFailure(error, { action: 's3:GetObject' });
    }
  }

  async write({ bucket, key }: ObjectAddress, bytes: Uint8Array): Promise<void> {
    try {
      await this.#client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
    } catch (error) {
      // Mostly damage on the way, such as `BadDigest`: another upload can succeed.
      throw awsFailure(error, { rejected: 'unavailable', action: 's3:PutObject' });
    }
  }

  async create(address: ObjectAddress, bytes: Uint8Array): Promise<boolean> {
    const { bucket, key } = address;
    try {
      await this.#client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, IfNoneMatch: '*' }));
      return true;
    } catch (error) {
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      // 412: the key exists. 409: another writer is creating it.
      if (status === 412 || status === 409) return false;
      if (status === 501) return this.write(address, bytes).then(() => true);
      throw awsFailure(error, { rejected: 'unavailable', action: 's3:PutObject' });
    }
  }

  async remove({ bucket, key, versionId }: ObjectAddress): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
    } catch (error) {
      throw awsFailure(error, { rejected: 'unavailable', action: 's3:DeleteObject' });
    }
  }
}

/** Why a listing would have no end, or would end too early without notice; undefined if it goes on or is complete. */
function pageProblem(page: ListObjectsV2CommandOutput, token?: string): string | undefined {
  const { IsTruncated, NextContinuationToken: next, Name, KeyCount, Contents } = page;
  // Such as the page of a proxy, which has no keys either.
  if ([IsTruncated, Name, KeyCount, Contents].every((field) => field === undefined))
    return 'an answer without a listing';
  if (!IsTruncated) return undefined;
  if (next === undefined) return 'no next page';
  return next === token ? 'the same page again' : undefined;
}

/** A key of a listing with `EncodingType: url`: `%xx`, and `+` for a space. */
function decodedKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return encoded; // not UTF-8: no request can name the object, so its row says that it is missing
  }
}

/** The opaque tag; proxies that compress mark it as weak. */
function unquoted(etag = ''): string {
  return etag.replace(/^W\//, '').replaceAll('"', '');
}

/** A failure that does not go away by itself is reported to the user. */
async function cannotList(bucket: string, endpoint: string | undefined, failure: Failure): Promise<Error> {
  if (failure.reason === 'object_gone') return new UserError(`the bucket ${bucket} does not exist`, { cause: failure });
  const described = await describeFailure(endpoint, `the bucket ${bucket} cannot be listed`, failure);
  if (failure.reason === 'throttled' || failure.reason === 'timeout') return described;
  return new UserError(described.message, { cause: failure });
}
