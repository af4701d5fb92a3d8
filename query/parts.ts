import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pMap from 'p-map';
import { resultsPrefix } from '../shared/keys.ts';
import { errorCode } from '../shared/local/file-failure.ts';
import type { ListedObject, ObjectStore } from '../shared/ports.ts';
import { listParts } from '../shared/results/results-store.ts';
import { UserError } from '../shared/user-error.ts';

/**
 * Where results are read from: a folder's parts where they lie, those of any other store by way of a folder on this
 * machine that keeps them from one query to the next.
 */
export type ResultsSource =
  | { readonly kind: 'folder'; readonly path: string }
  | {
      readonly kind: 'remote';
      readonly store: ObjectStore;
      readonly bucket: string;
      /** May be empty. */
      readonly prefix: string;
      /** Made when it is not there. */
      readonly cacheFolder: string;
    };

/** A part as a file on this machine. */
export interface PartFile {
  readonly path: string;
  /** What a person knows it by: its path, or its bucket and key. */
  readonly name: string;
}

const parallelReads = 16;

/** Every part of a source, fetched where it is not here yet, in key order; none where there is no such folder. */
export async function partFiles(source: ResultsSource): Promise<PartFile[]> {
  if (source.kind === 'folder') return folderParts(source.path);
  const listed: ListedObject[] = [];
  for await (const part of listParts(source.store, source)) listed.push(part);
  await mkdir(source.cacheFolder, { recursive: true });
  const parts = await pMap(listed, (part) => fetchPart(source.store, part, source.cacheFolder), {
    concurrency: parallelReads,
  });
  return sorted(parts);
}

/** Every part below a folder. @throws {UserError} when it is a file */
async function folderParts(store: string): Promise<PartFile[]> {
  const folder = resolve(store, resultsPrefix);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(async (error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    if (errorCode(error) !== 'ENOTDIR') throw error;
    throw new UserError(`expected a folder for results, but ${await fileAmong(store, folder)} is a file`, {
      cause: error,
    });
  });
  const parts = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && entry.name.endsWith('.parquet'))
    .map((entry) => join(entry.parentPath, entry.name));
  return sorted(parts.map((path) => ({ path, name: path })));
}

/** Which of the two keeps a folder from being one. */
async function fileAmong(store: string, inside: string): Promise<string> {
  const stats = await stat(store).catch(() => undefined);
  return stats?.isDirectory() ? inside : store;
}

/** A part never changes, so what was fetched under its tag stays right; it gets its name only once it is whole. */
async function fetchPart(store: ObjectStore, part: ListedObject, cacheFolder: string): Promise<PartFile> {
  const { bucket, key, etag, size } = part;
  const digest = createHash('sha256')
    .update(JSON.stringify([bucket, key, etag]))
    .digest('hex');
  const path = join(cacheFolder, `${digest}.parquet`);
  const file = { path, name: `${bucket}/${key}` };
  if (await isThere(path)) return file;
  const { bytes } = await store.read({ bucket, key }, { maxBytes: size });
  const partial = join(cacheFolder, `.${randomUUID()}.partial`);
  try {
    await writeFile(partial, bytes);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return file;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

function sorted(parts: readonly PartFile[]): PartFile[] {
  return parts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
