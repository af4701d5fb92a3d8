import { z } from 'zod';
import { Failure } from '../../shared/failures/failure.ts';
import { jobSourceKey, type StoreLocation, underPrefix } from '../../shared/stores/keys.ts';
import type { ObjectAddress, ObjectStore } from '../../shared/stores/ports.ts';

const sourceSchema = z.object({
  /** The images: the path of a folder, or `s3://bucket/prefix`. */
  source: z.string(),
});

const maxBytes = 1e6;

/** The location that a job belongs to; undefined without one, or if its record is not valid. */
export async function readJobSource(
  store: Pick<ObjectStore, 'read'>,
  location: StoreLocation,
  job: string,
): Promise<string | undefined> {
  const object = await store.read(jobSourceAddress(location, job), { maxBytes }).catch((error: unknown) => {
    // Without permission to list, S3 answers 403 for a missing object.
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

export function jobSourceAddress({ bucket, prefix }: StoreLocation, job: string): ObjectAddress {
  return { bucket, key: underPrefix(prefix, jobSourceKey(job)) };
}
