import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { jobSourceAddress } from '../../jobs/progress/job-source.ts';
import { jobFolder, jobsPrefix } from '../../shared/stores/keys.ts';
import type { OpenedLocation } from './locations.ts';

/**
 * Records the location of a job unless it has one. A store that cannot be written is reported when results are written to it.
 * @returns `exists` if another process was first
 */
export async function createJobSource(
  store: OpenedLocation,
  job: string,
  source: string,
): Promise<'created' | 'exists' | 'failed'> {
  const bytes = Buffer.from(`${JSON.stringify({ source }, null, 2)}\n`);
  return store.objects.create(jobSourceAddress(store, job), bytes).then(
    (created) => (created ? 'created' : 'exists'),
    () => 'failed',
  );
}

/** Removes the record of a job without images, and the folders that were created for it. */
export async function removeJobSource(store: OpenedLocation, job: string): Promise<void> {
  await store.objects.remove(jobSourceAddress(store, job)).catch(() => undefined);
  if (store.kind !== 'folder') return;
  for (const folder of [jobFolder(job), jobsPrefix]) await rmdir(join(store.bucket, folder)).catch(() => undefined);
}
