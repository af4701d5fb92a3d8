import { join, resolve } from 'node:path';
import { jobsPrefix, parseJobKey, type StoreLocation, underPrefix } from '../../shared/stores/keys.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import type { ListedObject, ObjectStore } from '../../shared/stores/ports.ts';
import { exists } from './cache-files.ts';
import type { ResultsSource } from './parts.ts';

/** An object of a job, apart from parts of results. */
export interface JobObject extends NonNullable<ReturnType<typeof parseJobKey>> {
  readonly object: ListedObject;
}

/** The objects of a source: those of its bucket, or the files of its folder. */
export function objectsOf(source: ResultsSource): StoreLocation & { readonly store: ObjectStore } {
  if (source.kind === 'remote') return source;
  return { store: new FolderStore(), bucket: resolve(source.path), prefix: '' };
}

/** Lists, records, summaries and markers of all jobs, in the order of keys. */
export async function* listJobs(source: ResultsSource): AsyncGenerator<JobObject> {
  const { store, bucket, prefix } = objectsOf(source);
  if (source.kind === 'folder' && !(await exists(join(bucket, jobsPrefix)))) return;
  const below = underPrefix(prefix, '').length;
  for await (const object of store.list(bucket, underPrefix(prefix, jobsPrefix))) {
    const parsed = parseJobKey(object.key.slice(below));
    if (parsed !== undefined) yield { ...parsed, object };
  }
}
