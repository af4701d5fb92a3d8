import { readRunState } from '../../../jobs/progress/run-record.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { defaultJobName } from '../default-job-name.ts';
import { locationName, type OpenedLocation } from '../locations.ts';

/**
 * The job of a run that names none: the name of the folder or prefix of its images or, if the store has a run of another
 * location under that name, the name with a number. A location keeps its name.
 */
export async function jobOfSource(source: OpenedLocation, store: OpenedLocation): Promise<string> {
  const name = defaultJobName(source);
  for (let number = 1; ; number += 1) {
    const job = number === 1 ? name : `${name}-${number}`;
    const recorded = await recordedSource(store, job);
    if (recorded === undefined || isSamePlace(recorded, locationName(source))) return job;
  }
}

/** The location of the last run of a job; undefined without one. */
async function recordedSource(store: OpenedLocation, job: string): Promise<string | undefined> {
  const state = await readRunState(store.objects, store, job).catch((error: unknown) => {
    // Who may not list a bucket is refused a missing object instead of told that it is missing.
    if (error instanceof Failure && error.reason === 'unreadable') return undefined;
    throw error;
  });
  return state?.source;
}

function isSamePlace(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => text.replace(/\/+$/, ''));
  return a === b;
}
