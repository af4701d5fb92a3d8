import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { digestOf, ensureFile, exists } from '../../results/open/cache-files.ts';
import type { ResultsSource } from '../../results/open/parts.ts';
import type { RunState } from '../../shared/jobs/run-state.ts';
import { jobsPrefix, parseJobKey, underPrefix } from '../../shared/stores/keys.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import type { ListedObject, ObjectStore } from '../../shared/stores/ports.ts';
import { readRunState } from './run-record.ts';

/** The objects of a job in a store, apart from parts of results. */
export interface JobObjects {
  readonly job: string;
  /** Lists of its images, oldest first. */
  readonly lists: readonly JobList[];
  readonly hasSummary: boolean;
  readonly isMarked: boolean;
  /** The record of its last run on your own machine. */
  readonly run: JobRun | undefined;
}

/** The record of a run, not yet read. */
export interface JobRun {
  /** Changes whenever the record changes. */
  readonly etag: string;
  /** Undefined if it is gone, or not valid in this version of the program. */
  read(): Promise<RunState | undefined>;
}

/** A list of images that were submitted to a job. */
export interface JobList {
  /** For messages: its path, or bucket and key. */
  readonly name: string;
  /** Fetches the list unless it is local. @returns its path @throws {Failure} `object_gone` */
  fetch(): Promise<string>;
}

/** The objects of every job in a store, ordered by job. */
export async function listJobObjects(source: ResultsSource): Promise<JobObjects[]> {
  const { store, bucket, prefix } = locationOf(source);
  if (source.kind === 'folder' && !(await exists(join(bucket, jobsPrefix)))) return [];
  const jobs = new Map<
    string,
    { -readonly [K in keyof Omit<JobObjects, 'job'>]: JobObjects[K] } & { lists: JobList[] }
  >();
  const storePrefix = underPrefix(prefix, '');
  for await (const object of store.list(bucket, underPrefix(prefix, jobsPrefix))) {
    const parsed = parseJobKey(object.key.slice(storePrefix.length));
    if (parsed === undefined) continue;
    const objects = jobs.get(parsed.job) ?? { lists: [], hasSummary: false, isMarked: false, run: undefined };
    jobs.set(parsed.job, objects);
    if (parsed.kind === 'list') objects.lists.push(listOf(source, store, object));
    else if (parsed.kind === 'summary') objects.hasSummary = true;
    else if (parsed.kind === 'run')
      objects.run = {
        etag: object.etag,
        read: () => readRunState(store, { bucket, prefix }, parsed.job),
      };
    else objects.isMarked = true;
  }
  return [...jobs].map(([job, objects]) => ({ job, ...objects })).toSorted((a, b) => (a.job < b.job ? -1 : 1));
}

function locationOf(source: ResultsSource): { store: ObjectStore; bucket: string; prefix: string } {
  if (source.kind === 'remote') return source;
  return { store: new FolderStore(), bucket: resolve(source.path), prefix: '' };
}

function listOf(source: ResultsSource, store: ObjectStore, { bucket, key, etag, size }: ListedObject): JobList {
  const name = `${bucket}/${key}`;
  if (source.kind === 'folder') return { name, fetch: async () => join(bucket, key) };
  const { cacheFolder } = source;
  const path = join(cacheFolder, `${digestOf([bucket, key, etag])}.parquet`);
  return {
    name,
    fetch: () =>
      ensureFile(path, cacheFolder, async (partial) => {
        const { bytes } = await store.read({ bucket, key }, { maxBytes: size });
        await writeFile(partial, bytes);
      }),
  };
}
