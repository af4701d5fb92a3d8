import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../../shared/failures/failure.ts';
import { jobFolder, jobSourceKey, jobsPrefix, underPrefix } from '../../shared/stores/keys.ts';
import type { ObjectAddress } from '../../shared/stores/ports.ts';
import type { OpenedLocation } from './locations.ts';

const sourceSchema = z.object({
  /** The images: the path of a folder, or `s3://bucket/prefix`. */
  source: z.string(),
});

const maxBytes = 1e6;

/** The location that a job belongs to; undefined without one, or if its record is not valid. */
export async function readJobSource(store: OpenedLocation, job: string): Promise<string | undefined> {
  const object = await store.objects.read(addressOf(store, job), { maxBytes }).catch((error: unknown) => {
    // Who may not list a bucket is refused a missing object instead of told that it is missing.
    if (error instanceof Failure && ['object_gone', 'unreadable'].includes(error.reason)) return undefined;
    throw error;
  });
  if (object === undefined) return undefined;
  try {
    return sourceSchema.safeParse(JSON.parse(Buffer.from(object.bytes).toString('utf8'))).data?.source;
  } catch {
    return undefined; // not JSON
  }
}

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
  return store.objects.create(addressOf(store, job), bytes).then(
    (created) => (created ? 'created' : 'exists'),
    () => 'failed',
  );
}

/** Removes the record of a job without images, and the folders that were created for it. */
export async function removeJobSource(store: OpenedLocation, job: string): Promise<void> {
  await store.objects.remove(addressOf(store, job)).catch(() => undefined);
  if (store.kind !== 'folder') return;
  for (const folder of [jobFolder(job), jobsPrefix]) await rmdir(join(store.bucket, folder)).catch(() => undefined);
}

function addressOf({ bucket, prefix }: OpenedLocation, job: string): ObjectAddress {
  return { bucket, key: underPrefix(prefix, jobSourceKey(job)) };
}
