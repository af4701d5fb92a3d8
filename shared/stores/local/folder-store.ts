import { randomUUID } from 'node:crypto';
import { type BigIntStats, constants, type Stats } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { Failure } from '../../failures/failure.ts';
import type { ByteRange, ListedObject, ObjectAddress, ObjectStore, StoredObject } from '../ports.ts';
import { fileEtag } from './file-etag.ts';
import { readFailure, writeFailure } from './file-failure.ts';
import { makeFolder } from './make-folder.ts';
import { walkFolder } from './walk-folder.ts';

export interface FolderStoreOptions {
  /**
   * The folder that buckets lie in.
   * @default '/', so that a bucket is the absolute path of a folder
   */
  readonly root?: string;
  /**
   * Absolute paths of folders that are never listed: where the results go, when that is inside a bucket.
   * @default none
   */
  readonly exclude?: readonly string[];
}

/**
 * Folders as buckets, files as objects; a key is the path below the folder, with `/` between names.
 *
 * A folder keeps no versions: a `versionId` is handed back as it came, so that a replayed event keeps its identity.
 */
export class FolderStore implements ObjectStore {
  readonly #root: string;
  readonly #exclude: readonly string[];

  constructor(options: FolderStoreOptions = {}) {
    this.#root = resolve(options.root ?? '/');
    this.#exclude = (options.exclude ?? []).map((path) => resolve(path));
  }

  /**
   * As `walkFolder` finds them.
   * @throws {UserError} when the folder is missing or may not be listed.
   */
  async *list(bucket: string, prefix: string): AsyncGenerator<ListedObject> {
    const folder = this.#folderOf(bucket);
    for await (const { key, stats } of walkFolder(folder, { prefix, exclude: this.#exclude })) {
      yield stats === undefined
        ? { bucket, key, etag: fileEtag({ size: 0n, mtimeNs: 0n }), size: 0, modified: new Date(0) }
        : { bucket, key, etag: fileEtag(stats), size: Number(stats.size), modified: stats.mtime };
    }
  }

  async read(address: ObjectAddress, { maxBytes }: { maxBytes: number }): Promise<StoredObject> {
    const object = await reading(this.#pathOf(address), (handle, path) => readWhole(handle, path, maxBytes));
    return { ...object, versionId: address.versionId };
  }

  readRange(address: ObjectAddress, { offset, length }: ByteRange): Promise<Uint8Array> {
    return reading(this.#pathOf(address), async (handle, path) => {
      const end = Math.min(offset + length, Number((await statsOfFile(handle, path)).size));
      return readBytes(handle, offset, Math.max(0, end - offset));
    });
  }

  async write(address: ObjectAddress, bytes: Uint8Array): Promise<void> {
    const path = this.#pathOf(address);
    try {
      await writeWhole(path, bytes);
    } catch (error) {
      throw writeFailure(error);
    }
  }

  async remove(address: ObjectAddress): Promise<void> {
    const path = this.#pathOf(address);
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw writeFailure(error);
    }
  }

  #folderOf(bucket: string): string {
    const folder = join(this.#root, bucket);
    const within = this.#root.endsWith(sep) ? this.#root : this.#root + sep;
    if (bucket !== '' && !bucket.includes('\0') && (folder === this.#root || folder.startsWith(within))) return folder;
    throw new Failure(
      'unreadable',
      `expected a folder below ${this.#root} as the bucket, got ${JSON.stringify(bucket)}`,
    );
  }

  #pathOf({ bucket, key }: ObjectAddress): string {
    const folder = this.#folderOf(bucket);
    const names = key.split('/');
    if (!key.includes('\0') && names.every((name) => name !== '' && name !== '.' && name !== '..')) {
      return join(folder, ...names);
    }
    throw new Failure(
      'unreadable',
      `expected the path of a file below its folder as the key, got ${JSON.stringify(key)}`,
    );
  }
}

async function reading<T>(path: string, read: (handle: FileHandle, path: string) => Promise<T>): Promise<T> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) throw new Failure('unreadable', `expected a file, but ${path} is ${kindOf(stats)}`);
    // Should a pipe have taken the file's place since, to open it must not wait for somebody to write to it.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return await read(handle, path);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readFailure(error);
  }
}

async function statsOfFile(handle: FileHandle, path: string): Promise<BigIntStats> {
  const stats = await handle.stat({ bigint: true });
  if (stats.isFile()) return stats;
  throw new Failure('unreadable', `${path} is no longer a file`);
}

/** So many bytes from a place on; fewer where the file was shortened meanwhile. */
async function readBytes(handle: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, from + done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}

async function readWhole(handle: FileHandle, path: string, maxBytes: number): Promise<StoredObject> {
  const stats = await statsOfFile(handle, path);
  const size = Number(stats.size);
  if (size > maxBytes) throw new Failure('too_large', `the object has ${size} bytes, the limit is ${maxBytes}`);
  const bytes = await readBytes(handle, 0, size);
  const etag = fileEtag(stats);
  // A file that is still being written: half an image under the etag of the whole would be rejected for good.
  if (fileEtag(await handle.stat({ bigint: true })) !== etag) {
    throw new Failure('unavailable', `${path} changed while it was read`);
  }
  return { bytes, etag };
}

/** Under a hidden name first: a listing never shows half an object, and a crash leaves the old one. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const firstMade = await makeFolder(folder);
  const partial = join(folder, `.${randomUUID()}.partial`);
  try {
    const handle = await open(partial, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, path);
  } catch (error) {
    // Should even that fail, the first error is the one that tells why; what stays is hidden and never listed.
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolders(folder, firstMade === undefined ? folder : dirname(firstMade));
}

/** A name is durable once its folder is: that of the file, and those of the folders made for it. */
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
