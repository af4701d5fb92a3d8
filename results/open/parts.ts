import { readdir, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import pMap from 'p-map';
import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { retry } from '../../shared/flow/retry.ts';
import { listParts, listRegionParts } from '../../shared/rows/results-store.ts';
import { regionsPrefix, resultsPrefix } from '../../shared/stores/keys.ts';
import { fileEtag } from '../../shared/stores/local/file-etag.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';
import type { ListedObject, ObjectAddress, ObjectStore } from '../../shared/stores/ports.ts';
import { digestOf, ensureFile, exists, listNames, removeOld } from './cache-files.ts';
import { DamagedPart, matchesChecksum } from './check-part.ts';
import { writeLightCopy } from './light-copy.ts';

/** A store to read results from. Parts of a folder are read in place, those of a bucket through a cache folder. */
export type ResultsSource =
  | {
      readonly kind: 'folder';
      readonly path: string;
      /** Holds merged files; without it, every command reads all parts. */
      readonly cacheFolder?: string;
    }
  | {
      readonly kind: 'remote';
      readonly store: ObjectStore;
      readonly bucket: string;
      /** May be empty. */
      readonly prefix: string;
      /** Holds fetched parts and merged files; created if missing. */
      readonly cacheFolder: string;
    };

/** A Parquet file of results, as listed. */
export interface Part {
  /** Identifies name and content. */
  readonly id: string;
  /** For messages: its path, or bucket and key. */
  readonly name: string;
  /** The bucket of a folder is its absolute path. */
  readonly address: ObjectAddress;
  readonly bytes: number;
  /** Fetches the part unless it is local. @returns its path @throws {Failure} `object_gone` */
  fetch(): Promise<string>;
  /** The same for a file that may lack the embeddings. */
  fetchLight(): Promise<string>;
  dropLightCopy(): Promise<void>;
  /** Removes all fetched copies. */
  dropCopies(): Promise<void>;
}

/** Parts with the rows of images, or with the embeddings of regions. */
export type PartKind = 'results' | 'regions';

const parallelReads = 16;

/** The parts of a source, ordered by name; none if the folder is missing. */
export async function partsOf(source: ResultsSource, kind: PartKind = 'results'): Promise<Part[]> {
  const parts = source.kind === 'folder' ? await folderParts(source.path, kind) : await remoteParts(source, kind);
  return parts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The file with the ids of parts that were checked, see `checkNewParts`; undefined without a cache folder. */
export function checkedFile(source: ResultsSource, kind: PartKind = 'results'): string | undefined {
  return source.cacheFolder === undefined ? undefined : join(copiesFolder(source, source.cacheFolder, kind), 'checked');
}

/** The folder of merged files of a source; undefined without a cache folder. */
export function lightFolder(source: ResultsSource): string | undefined {
  return source.cacheFolder === undefined ? undefined : join(cacheFolderOf(source, source.cacheFolder), 'light');
}

/** Each source has its own folder, so that files of removed parts can be recognized. */
function cacheFolderOf(source: ResultsSource, cacheFolder: string): string {
  const identity = source.kind === 'folder' ? [resolve(source.path)] : [source.bucket, source.prefix];
  return join(cacheFolder, digestOf(identity));
}

/** Copies of parts of regions have their own folder: those of removed parts are recognized by a listing of the others. */
function copiesFolder(source: ResultsSource, cacheFolder: string, kind: PartKind): string {
  const folder = cacheFolderOf(source, cacheFolder);
  return kind === 'results' ? folder : join(folder, kind);
}

/** Maps parts concurrently. */
export function mapParts<T>(parts: readonly Part[], work: (part: Part) => Promise<T>): Promise<T[]> {
  return pMap(parts, work, { concurrency: parallelReads });
}

/**
 * Lists a folder until two listings are equal. A single listing during a compaction may miss both the removed parts and the
 * compacted ones; the next one finds the latter, because they were written before any part was removed. A bucket needs only
 * one: it lists in the order of keys, and a compacted part sorts after the parts that it replaces.
 * @throws {UserError} if the path is a file
 */
async function folderParts(store: string, kind: PartKind): Promise<Part[]> {
  let paths = await partPaths(store, kind);
  for (;;) {
    const again = await partPaths(store, kind);
    if (again.join('\n') === paths.join('\n')) {
      const parts = await pMap(paths, (path) => folderPart(resolve(store), path), { concurrency: 4 * parallelReads });
      const existing = parts.filter((part) => part !== undefined);
      if (existing.length === parts.length) return existing;
    }
    paths = again;
  }
}

/** Sorted. */
async function partPaths(store: string, kind: PartKind): Promise<string[]> {
  const folder = resolve(store, kind === 'results' ? resultsPrefix : regionsPrefix);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(async (error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    if (errorCode(error) !== 'ENOTDIR') throw error;
    const file = (await isFolder(store)) ? folder : store;
    throw new UserError(`${file} is a file: the store must be a folder`, { cause: error });
  });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && entry.name.endsWith('.parquet'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Undefined if it was removed after it was listed. @throws {UserError} for a link to a folder or to nothing */
async function folderPart(bucket: string, path: string): Promise<Part | undefined> {
  const stats = await stat(path, { bigint: true }).catch(async (cause: unknown) => {
    if (errorCode(cause) !== 'ENOENT') throw cause;
    const link = await readlink(path).catch(() => undefined);
    if (link === undefined) return undefined;
    throw new UserError(`${path} is a link to ${link}, which does not exist; move it out of the store`, { cause });
  });
  if (stats === undefined) return undefined;
  if (stats.isDirectory())
    throw new UserError(`${path} is a link to a folder: link its files, or move it out of the store`);
  const localPath = async () => path;
  const dropNothing = async () => {};
  return {
    id: digestOf([path, fileEtag(stats)]),
    name: path,
    address: { bucket, key: relative(bucket, path).split(sep).join('/') },
    bytes: Number(stats.size),
    fetch: localPath,
    fetchLight: localPath,
    dropLightCopy: dropNothing,
    dropCopies: dropNothing,
  };
}

async function isFolder(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isDirectory() ?? false;
}

type RemoteSource = Extract<ResultsSource, { kind: 'remote' }>;

async function remoteParts(source: RemoteSource, kind: PartKind): Promise<Part[]> {
  const { store } = source;
  const folder = copiesFolder(source, source.cacheFolder, kind);
  const parts: Part[] = [];
  for await (const object of kind === 'results' ? listParts(store, source) : listRegionParts(store, source)) {
    const { bucket, key, etag, size: bytes } = object;
    const id = digestOf([bucket, key, etag]);
    const whole = join(folder, `${id}.parquet`);
    const light = join(folder, `${id}.light.parquet`);
    parts.push({
      id,
      name: `${bucket}/${key}`,
      address: { bucket, key },
      bytes,
      fetch: () => ensureFile(whole, folder, (path) => fetchWhole(store, object, path)),
      fetchLight: async () => {
        if (await exists(whole)) return whole;
        return ensureFile(light, folder, (path) => writeLightCopy(store, object, path));
      },
      dropLightCopy: () => rm(light, { force: true }),
      dropCopies: async () => {
        await rm(whole, { force: true });
        await rm(light, { force: true });
      },
    });
  }
  await removeStaleCopies(folder, parts);
  return parts;
}

/** Removes copies of removed parts and files of killed processes. */
async function removeStaleCopies(folder: string, parts: readonly Part[]): Promise<void> {
  const existing = new Set(parts.map(({ id }) => id));
  const names = await listNames(folder);
  const stale = names.filter((name) => name.endsWith('.parquet') && !existing.has(name.slice(0, name.indexOf('.'))));
  const partial = names.filter((name) => name.endsWith('.partial'));
  await removeOld(folder, [...stale, ...partial], staleMs);
}

/** A running process may still read older parts. */
const staleMs = 3_600_000;

async function fetchWhole(store: ObjectStore, { bucket, key, size }: ListedObject, path: string): Promise<void> {
  const damaged = new DamagedPart(`${bucket}/${key}`);
  const read = async () => {
    const { bytes } = await store.read({ bucket, key }, { maxBytes: size });
    if (matchesChecksum(key, bytes)) return bytes;
    throw new Failure('unavailable', damaged.message, { cause: damaged });
  };
  // A response may be damaged or end early on its way.
  const bytes = await retry(read, { attempts: 3 }).catch((error: unknown) => {
    throw error instanceof Failure && error.cause === damaged ? damaged : error;
  });
  await writeFile(path, bytes);
}
