import { Failure } from '../../shared/failures/failure.ts';
import { type JobSummary, jobSummarySchema } from '../../shared/jobs/job-summary.ts';
import { jobMarkerKey, jobSummaryKey, type StoreLocation, underPrefix } from '../../shared/stores/keys.ts';
import type { ObjectAddress, ObjectStore } from '../../shared/stores/ports.ts';

const maxBytes = 1e6;

/** Marks a job as complete. The summary is written before the marker, so that the marker implies the summary. */
export async function markComplete(store: ObjectStore, location: StoreLocation, summary: JobSummary): Promise<void> {
  const text = `${JSON.stringify(jobSummarySchema.parse(summary), null, 2)}\n`;
  await store.write(inStore(location, jobSummaryKey(summary.job)), Buffer.from(text));
  await store.write(inStore(location, jobMarkerKey(summary.job)), new Uint8Array());
}

/** Removes the marker of a job that has pending images again. Its summary stays. */
export async function markOpen(store: ObjectStore, location: StoreLocation, job: string): Promise<void> {
  await store.remove(inStore(location, jobMarkerKey(job)));
}

/** The last summary of a job; undefined if it is missing or not valid in this version of the program. */
export async function readSummary(
  store: ObjectStore,
  location: StoreLocation,
  job: string,
): Promise<JobSummary | undefined> {
  const object = await store.read(inStore(location, jobSummaryKey(job)), { maxBytes }).catch((error: unknown) => {
    if (error instanceof Failure && error.reason === 'object_gone') return undefined;
    throw error;
  });
  return object && jobSummarySchema.safeParse(parsedJson(object.bytes)).data;
}

function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined; // not a summary: it will be replaced
  }
}

function inStore({ bucket, prefix }: StoreLocation, key: string): ObjectAddress {
  return { bucket, key: underPrefix(prefix, key) };
}
