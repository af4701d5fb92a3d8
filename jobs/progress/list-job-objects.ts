import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { digestOf, ensureFile, exists } from '../../results/open/cache-files.ts';
import type { ResultsSource } from '../../results/open/parts.ts';
import { jobsPrefix, parseJobKey, underPrefix } from '../../shared/stores/keys.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import type { ListedObject, ObjectStore } from '../../shared/stores/ports.ts';

/** What a store holds about one job, apart from rows. */
export interface JobObjects {
  readonly job: string;
  /** The lists of its images, in the order in which they were written. */
  readonly lists: readonly JobList[];
  readonly hasSummary: boolean;
  readonly isMarked: boolean;
}

/** A list of images that were submitted to a job. */
export interface JobList {
  /** What a person knows it by: its path, or its bucket and key. */
  readonly name: string;
  /** Its path on this machine, fetched if it is not here yet. @throws {Failure} `object_gone` when it is no longer there */
  path(): Promise<string>;
}

/** Every job of which a store holds more than rows, in the order of their names. */
export async function listJobObjects(source: ResultsSource): Promise<JobObjects[]> {
  const { store, bucket, prefix } = placeOf(source);
  if (source.kind === 'folder' && !(await exists(join(bucket, jobsPrefix)))) return [];
  const jobs = new Map<string, { lists: JobList[]; hasSummary: boolean; isMarked: boolean }>();
  const below = underPrefix(prefix, '');
  for await (const object of store.list(bucket, underPrefix(prefix, jobsPrefix))) {
    const found = parseJobKey(object.key.slice(below.length));
    if (found === undefined) continue;
    const own = jobs.get(found.job) ?? { lists: [], hasSummary: false, isMarked: false };
    jobs.set(found.job, own);
    if (found.kind === 'list') own.lists.push(listOf(source, store, object));
    else if (found.kind === 'summary') own.hasSummary = true;
    else own.isMarked = true;
  }
  return [...jobs].map(([job, own]) => ({ job, ...own })).toSorted((a, b) => (a.job < b.job ? -1 : 1));
}

function placeOf(source: ResultsSource): { store: ObjectStore; bucket: string; prefix: string } {
  if (source.kind === 'remote') return source;
  return { store: new FolderStore(), bucket: resolve(source.path), prefix: '' };
}

function listOf(source: ResultsSource, store: ObjectStore, { bucket, key, etag, size }: ListedObject): JobList {
  const name = `${bucket}/${key}`;
  if (source.kind === 'folder') return { name, path: async () => join(bucket, key) };
  const { cacheFolder } = source;
  const path = join(cacheFolder, `${digestOf([bucket, key, etag])}.parquet`);
  return {
    name,
    path: () =>
      ensureFile(path, cacheFolder, async (partial) => {
        const { bytes } = await store.read({ bucket, key }, { maxBytes: size });
        await writeFile(partial, bytes);
      }),
  };
}
