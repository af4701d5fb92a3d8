import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, ensureFile } from '../../results/open/cache-files.ts';
import { listJobs, objectsOf } from '../../results/open/job-objects.ts';
import type { ResultsSource } from '../../results/open/parts.ts';
import type { RunState } from '../../shared/jobs/run-state.ts';
import type { ListedObject, ObjectStore } from '../../shared/stores/ports.ts';
import { readJobSource } from './job-source.ts';
import { readRunState } from './run-record.ts';

/** The objects of a job in a store, apart from parts of results. */
export interface JobObjects {
  readonly job: string;
  /** Lists of its images, oldest first. */
  readonly lists: readonly JobList[];
  readonly hasSummary: boolean;
  readonly isMarked: boolean;
  /** The record of its last run on your own machine. */
  readonly run: JobRecord<RunState> | undefined;
  /** The location of its images: the path of a folder, or `s3://bucket/prefix`. */
  readonly source: JobRecord<string> | undefined;
}

/** A record of a job, not yet read. */
export interface JobRecord<T> {
  /** Changes whenever the record changes. */
  readonly etag: string;
  /** Undefined if it is gone, or not valid in this version of the program. */
  read(): Promise<T | undefined>;
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
  const { store, bucket, prefix } = objectsOf(source);
  const jobs = new Map<
    string,
    { -readonly [K in keyof Omit<JobObjects, 'job'>]: JobObjects[K] } & { lists: JobList[] }
  >();
  for await (const { job, kind, object } of listJobs(source)) {
    const objects = jobs.get(job) ?? {
      lists: [],
      hasSummary: false,
      isMarked: false,
      run: undefined,
      source: undefined,
    };
    jobs.set(job, objects);
    if (kind === 'list') objects.lists.push(listOf(source, store, object));
    else if (kind === 'summary') objects.hasSummary = true;
    else if (kind === 'run')
      objects.run = { etag: object.etag, read: () => readRunState(store, { bucket, prefix }, job) };
    else if (kind === 'source')
      objects.source = { etag: object.etag, read: () => readJobSource(store, { bucket, prefix }, job) };
    else objects.isMarked = true;
  }
  return [...jobs].map(([job, objects]) => ({ job, ...objects })).toSorted((a, b) => (a.job < b.job ? -1 : 1));
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
