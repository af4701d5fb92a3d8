import { readdir, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import pMap from 'p-map';
import { UserError } from '../../shared/failures/user-error.ts';
import { listParts } from '../../shared/rows/results-store.ts';
import { resultsPrefix } from '../../shared/stores/keys.ts';
import { fileEtag } from '../../shared/stores/local/file-etag.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';
import type { ListedObject, ObjectAddress, ObjectStore } from '../../shared/stores/ports.ts';
import { digestOf, ensureFile, exists, listNames, removeOld } from './cache-files.ts';
import { writeLightCopy } from './light-copy.ts';

/**
 * Where results are read from: a folder's parts where they lie, those of any other store by way of a folder on this
 * machine that keeps them from one query to the next.
 */
export type ResultsSource =
  | {
      readonly kind: 'folder';
      readonly path: string;
      /** Where what is known of parts is kept from one query to the next; without it, every query reads all of them. */
      readonly cacheFolder?: string;
    }
  | {
      readonly kind: 'remote';
      readonly store: ObjectStore;
      readonly bucket: string;
      /** May be empty. */
      readonly prefix: string;
      /** Made when it is not there. */
      readonly cacheFolder: string;
    };

/** A part of a source as it was listed. */
export interface Part {
  /** The same for the same bytes under the same name, and for nothing else. */
  readonly id: string;
  /** What a person knows it by: its path, or its bucket and key. */
  readonly name: string;
  /** Where it is in its store; a folder is a bucket that is called by its absolute path. */
  readonly address: ObjectAddress;
  readonly bytes: number;
  /** Its path on this machine, fetched if it is not here yet. @throws {Failure} `object_gone` when it is no longer there */
  fetch(): Promise<string>;
  /** The path of a file in which every column but the embeddings can be read; of these, it may have none. */
  fetchLight(): Promise<string>;
  /** Lets go of what was fetched for `light`, or of all that was fetched. */
  dropLightCopy(): Promise<void>;
  dropCopies(): Promise<void>;
}

const parallelReads = 16;

/** Every part of a source, in the order of their names; none where there is no such folder. */
export async function partsOf(source: ResultsSource): Promise<Part[]> {
  const parts = source.kind === 'folder' ? await folderParts(source.path) : await remoteParts(source);
  return parts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Where the light columns of a source's parts are gathered: a folder of its own, or none. */
export function lightFolder(source: ResultsSource): string | undefined {
  return source.cacheFolder === undefined ? undefined : join(ownFolder(source, source.cacheFolder), 'light');
}

/** What is kept of one source lies in a folder of its own, so that what is no longer in the source can be told. */
function ownFolder(source: ResultsSource, cacheFolder: string): string {
  const place = source.kind === 'folder' ? [resolve(source.path)] : [source.bucket, source.prefix];
  return join(cacheFolder, digestOf(place));
}

/** Runs something for every part, several at a time. */
export function mapParts<T>(parts: readonly Part[], work: (part: Part) => Promise<T>): Promise<T[]> {
  return pMap(parts, work, { concurrency: parallelReads });
}

/**
 * Every part below a folder, by a listing that shows the same twice in a row: while a folder is compacted, one may show
 * neither the parts that were replaced nor what replaced them. The next one shows that, since it was there before they
 * were taken away. A bucket lists in the order of its keys, in which what is compacted comes after what it replaces.
 * @throws {UserError} when it is a file
 */
async function folderParts(store: string): Promise<Part[]> {
  let paths = await partPaths(store);
  for (;;) {
    const again = await partPaths(store);
    if (again.join('\n') === paths.join('\n')) {
      const parts = await pMap(paths, (path) => folderPart(resolve(store), path), { concurrency: 4 * parallelReads });
      const there = parts.filter((part) => part !== undefined);
      if (there.length === parts.length) return there;
    }
    paths = again;
  }
}

/** In order. */
async function partPaths(store: string): Promise<string[]> {
  const folder = resolve(store, resultsPrefix);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(async (error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    if (errorCode(error) !== 'ENOTDIR') throw error;
    throw new UserError(`expected a folder for results, but ${await fileAmong(store, folder)} is a file`, {
      cause: error,
    });
  });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && entry.name.endsWith('.parquet'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Undefined where it was taken away after it was listed. @throws {UserError} for a link that leads nowhere */
async function folderPart(bucket: string, path: string): Promise<Part | undefined> {
  const stats = await stat(path, { bigint: true }).catch(async (cause: unknown) => {
    if (errorCode(cause) !== 'ENOENT') throw cause;
    const link = await readlink(path).catch(() => undefined);
    if (link === undefined) return undefined;
    throw new UserError(`${path} is a link to ${link}, which is not there; take it out of the results`, { cause });
  });
  if (stats === undefined) return undefined;
  const here = async () => path;
  const nothing = async () => {};
  return {
    id: digestOf([path, fileEtag(stats)]),
    name: path,
    address: { bucket, key: relative(bucket, path).split(sep).join('/') },
    bytes: Number(stats.size),
    fetch: here,
    fetchLight: here,
    dropLightCopy: nothing,
    dropCopies: nothing,
  };
}

/** Which of the two keeps a folder from being one. */
async function fileAmong(store: string, inside: string): Promise<string> {
  const stats = await stat(store).catch(() => undefined);
  return stats?.isDirectory() ? inside : store;
}

type RemoteSource = Extract<ResultsSource, { kind: 'remote' }>;

async function remoteParts(source: RemoteSource): Promise<Part[]> {
  const { store } = source;
  const folder = ownFolder(source, source.cacheFolder);
  const parts: Part[] = [];
  for await (const object of listParts(store, source)) {
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
  await forgetOthers(folder, parts);
  return parts;
}

/** Lets go of what was fetched of parts that are no longer there. */
async function forgetOthers(folder: string, parts: readonly Part[]): Promise<void> {
  const there = new Set(parts.map(({ id }) => id));
  const names = await listNames(folder);
  const stale = names.filter((name) => name.endsWith('.parquet') && !there.has(name.slice(0, name.indexOf('.'))));
  const halfMade = names.filter((name) => name.endsWith('.partial'));
  await removeOld(folder, [...stale, ...halfMade], hour);
}

/** For which a process may still read what it listed. */
const hour = 3_600_000;

async function fetchWhole(store: ObjectStore, { bucket, key, size }: ListedObject, path: string): Promise<void> {
  const { bytes } = await store.read({ bucket, key }, { maxBytes: size });
  await writeFile(path, bytes);
}
