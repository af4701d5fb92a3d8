import { Failure } from '../../shared/failures/failure.ts';
import { type JobSummary, jobSummarySchema } from '../../shared/jobs/job-summary.ts';
import { jobMarkerKey, jobSummaryKey, type StoreLocation, underPrefix } from '../../shared/stores/keys.ts';
import type { ObjectAddress, ObjectStore } from '../../shared/stores/ports.ts';

const mostBytes = 1e6;

/** Says that a job is complete: the summary first, so that whoever finds the marker finds that too. */
export async function markComplete(store: ObjectStore, location: StoreLocation, summary: JobSummary): Promise<void> {
  const text = `${JSON.stringify(jobSummarySchema.parse(summary), null, 2)}\n`;
  await store.write(inStore(location, jobSummaryKey(summary.job)), Buffer.from(text));
  await store.write(inStore(location, jobMarkerKey(summary.job)), new Uint8Array());
}

/** Says that a job has images again that are pending; what it was when it was complete stays to be read. */
export async function markOpen(store: ObjectStore, location: StoreLocation, job: string): Promise<void> {
  await store.remove(inStore(location, jobMarkerKey(job)));
}

/** What a job was when it was complete; undefined where nothing says so, or not as this version of the program would. */
export async function readSummary(
  store: ObjectStore,
  location: StoreLocation,
  job: string,
): Promise<JobSummary | undefined> {
  const found = await store
    .read(inStore(location, jobSummaryKey(job)), { maxBytes: mostBytes })
    .catch((error: unknown) => {
      if (error instanceof Failure && error.reason === 'object_gone') return undefined;
      throw error;
    });
  return found && jobSummarySchema.safeParse(parsedJson(found.bytes)).data;
}

function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined; // somebody else's file: it is written anew
  }
}

function inStore({ bucket, prefix }: StoreLocation, key: string): ObjectAddress {
  return { bucket, key: underPrefix(prefix, key) };
}
