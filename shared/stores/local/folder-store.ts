import { randomUUID } from 'node:crypto';
import { type BigIntStats, constants, type Stats } from 'node:fs';
import { access, copyFile, type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { Failure } from '../../failures/failure.ts';
import type { ByteRange, ListedObject, ObjectAddress, ObjectStore, SkippedName, StoredObject } from '../ports.ts';
import { fileEtag } from './file-etag.ts';
import { readFailure, writeFailure } from './file-failure.ts';
import { type FilePath, pathOfKey } from './file-name.ts';
import { makeFolder } from './make-folder.ts';
import { type WalkedFile, walkFolder } from './walk-folder.ts';

export interface FolderStoreOptions {
  /**
   * The folder that contains the buckets.
   * @default '/', so that a bucket is the absolute path of a folder
   */
  readonly root?: string;
  /**
   * Absolute paths of folders to skip in listings: the results, if they are inside a bucket.
   * @default no folder
   */
  readonly exclude?: readonly string[];
  /**
   * Whether names that are not UTF-8 have escapes in keys, see `escapeName`. False for keys of S3, in which `\xff` is text.
   * @default true
   */
  readonly escapes?: boolean;
}

/**
 * Folders as buckets and files as objects; a key is the path below the folder, with `/` between names. Names that are not UTF-8
 * can be listed and read, see `escapeName`, but not written.
 *
 * A folder keeps no versions: `read` returns the `versionId` it was given, so that a replayed event keeps its identity.
 */
export class FolderStore implements ObjectStore {
  readonly #root: string;
  readonly #exclude: readonly string[];
  readonly #escapes: boolean;

  constructor(options: FolderStoreOptions = {}) {
    this.#root = resolve(options.root ?? '/');
    this.#exclude = (options.exclude ?? []).map((path) => resolve(path));
    this.#escapes = options.escapes ?? true;
  }

  /**
   * Lists the files of `walkFolder`.
   * @throws {UserError} if the folder does not exist or cannot be listed
   */
  async *list(bucket: string, prefix: string, onSkip?: (why: SkippedName) => void): AsyncGenerator<ListedObject> {
    const folder = this.#folderOf(bucket);
    const files = walkFolder(folder, { prefix, exclude: this.#exclude, onSkip });
    for await (const file of files) yield listedFile(bucket, file);
  }

  async read(address: ObjectAddress, { maxBytes }: { maxBytes: number }): Promise<StoredObject> {
    const object = await withFile(this.#pathOf(address), (handle, path) => readWhole(handle, path, maxBytes));
    return { ...object, versionId: address.versionId };
  }

  /** The etag of a file, without reading its bytes. @throws {Failure} `object_gone`, `unreadable` or a transient one */
  etag(address: ObjectAddress): Promise<string> {
    return withFile(this.#pathOf(address), async (handle, path) => fileEtag(await statsOfFile(handle, path)));
  }

  readRange(address: ObjectAddress, { offset, length }: ByteRange): Promise<Uint8Array> {
    return withFile(this.#pathOf(address), async (handle, path) => {
      const end = Math.min(offset + length, Number((await statsOfFile(handle, path)).size));
      return readBytes(handle, offset, Math.max(0, end - offset));
    });
  }

  async write(address: ObjectAddress, bytes: Uint8Array): Promise<void> {
    const path = this.#writablePathOf(address);
    try {
      await writeWhole(path, bytes, rename);
    } catch (error) {
      throw writeFailure(error, path);
    }
  }

  async create(address: ObjectAddress, bytes: Uint8Array): Promise<boolean> {
    const path = this.#writablePathOf(address);
    try {
      await writeWhole(path, bytes, placeNew);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw writeFailure(error, path);
    }
  }

  async remove(address: ObjectAddress): Promise<void> {
    const path = this.#writablePathOf(address);
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw writeFailure(error, path);
    }
  }

  #folderOf(bucket: string): string {
    const folder = join(this.#root, bucket);
    const rootPrefix = this.#root.endsWith(sep) ? this.#root : this.#root + sep;
    if (bucket !== '' && !bucket.includes('\0') && (folder === this.#root || folder.startsWith(rootPrefix)))
      return folder;
    throw new Failure('unreadable', `the bucket ${JSON.stringify(bucket)} is not a folder below ${this.#root}`);
  }

  #writablePathOf(address: ObjectAddress): string {
    const path = this.#pathOf(address);
    if (typeof path === 'string') return path;
    throw new Failure('unreadable', `the key ${JSON.stringify(address.key)} is not UTF-8 and cannot be written`);
  }

  #pathOf({ bucket, key }: ObjectAddress): FilePath {
    const folder = this.#folderOf(bucket);
    const names = key.split('/');
    if (!key.includes('\0') && names.every((name) => name !== '' && name !== '.' && name !== '..')) {
      return this.#escapes ? pathOfKey(folder, key) : join(folder, key);
    }
    throw new Failure(
      'unreadable',
      `a folder cannot hold the key ${JSON.stringify(key)}, as a bucket can: give the object another name, or read the bucket`,
    );
  }
}

/** A file of a walk as a listing shows it; one that was removed in the meantime is detected when it is read. */
export function listedFile(bucket: string, { key, stats }: WalkedFile): ListedObject {
  return {
    ...{ bucket, key },
    etag: fileEtag(stats ?? { size: 0n, mtimeNs: 0n }),
    size: Number(stats?.size ?? 0n),
    modified: stats?.mtime ?? new Date(0),
  };
}

async function withFile<T>(path: FilePath, read: (handle: FileHandle, path: FilePath) => Promise<T>): Promise<T> {
  try {
    const stats = await stat(path);
    // Listings include the folders that they cannot read.
    if (stats.isDirectory()) await access(path, constants.R_OK | constants.X_OK);
    if (!stats.isFile()) throw new Failure('unreadable', `${path} is ${kindOf(stats)}, not a file`);
    // If a pipe has replaced the file since, opening it must not wait for a writer.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return await read(handle, path);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readFailure(error, path);
  }
}

async function statsOfFile(handle: FileHandle, path: FilePath): Promise<BigIntStats> {
  const stats = await handle.stat({ bigint: true });
  if (stats.isFile()) return stats;
  throw new Failure('unreadable', `${path} is no longer a file`);
}

/** Reads `length` bytes, or fewer if the file was truncated in the meantime. */
async function readBytes(handle: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, from + done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}

async function readWhole(handle: FileHandle, path: FilePath, maxBytes: number): Promise<StoredObject> {
  const stats = await statsOfFile(handle, path);
  const size = Number(stats.size);
  if (size > maxBytes) throw new Failure('too_large', `the object has ${size} bytes, the limit is ${maxBytes}`);
  const bytes = await readBytes(handle, 0, size);
  const etag = fileEtag(stats);
  // A file that is still being written must not be rejected permanently under the etag of the complete file.
  if (fileEtag(await handle.stat({ bigint: true })) !== etag) {
    throw new Failure('unavailable', `${path} changed while it was read`);
  }
  return { bytes, etag, isOwned: true };
}

/** Writes to a hidden file first, so that a listing never has a partial object, and a crash keeps the old one. */
async function writeWhole(
  path: string,
  bytes: Uint8Array,
  place: (partial: string, path: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(path);
  const topmostCreated = await makeFolder(folder);
  const partial = join(folder, `.${randomUUID()}.partial`);
  try {
    const handle = await open(partial, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await place(partial, path);
  } catch (error) {
    // If the removal fails too, the first error is the cause; the partial file is hidden and never listed.
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolders(folder, topmostCreated === undefined ? folder : dirname(topmostCreated));
}

/** Gives a complete file its name, unless that exists. @throws an error with the code `EEXIST` */
async function placeNew(partial: string, path: string): Promise<void> {
  try {
    await link(partial, path);
  } catch (error) {
    // Not every file system has links: exFAT and some network drives answer with various codes.
    if (codeOf(error) === 'EEXIST') throw error;
    await copyFile(partial, path, constants.COPYFILE_EXCL);
  }
  await rm(partial, { force: true });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** A file is durable once its folder is synced, and the parents of folders that were created for it. */
async function syncFolders(folder: string, last: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (folder !== last) await syncFolders(dirname(folder), last);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}
