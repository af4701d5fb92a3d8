import { z } from 'zod';
import { readJobSource } from '../../jobs/progress/job-source.ts';
import { jobNameProblem } from '../../shared/jobs/job-name.ts';
import { defaultJobName } from './default-job-name.ts';
import { hasResults } from './has-results.ts';
import { createJobSource, removeJobSource } from './job-source.ts';
import { locationName, type OpenedLocation, resultsSource } from './locations.ts';
import { UsageError } from './usage-error.ts';

export interface JobOptions {
  /** @default the name of the folder or prefix of the images, with a number if another location has it */
  readonly job?: string | undefined;
  /** Whether nothing is written. @default false */
  readonly dryRun?: boolean | undefined;
}

/** A job whose name no other location takes. */
export interface OpenedJob {
  readonly name: string;
  /** Passes images on. With the first one the name is taken for good. */
  taking<T>(images: AsyncIterable<T>): AsyncGenerator<T>;
  /** Gives the name back if the job got no image. */
  end(): Promise<void>;
}

/**
 * The job of the images of a location: the given one or, if another location has its default name in the store, that name
 * with a number. The location keeps the name, which is recorded in the store.
 * @throws {UsageError} if the default name is not a job name
 */
export async function openJob(
  source: OpenedLocation,
  store: OpenedLocation,
  { job, dryRun = false }: JobOptions,
): Promise<OpenedJob> {
  const location = locationName(source);
  const take = (name: string) => (dryRun ? undefined : createJobSource(store, name, location));
  if (job !== undefined) {
    const isFree = (await readJobSource(store.objects, store, job)) === undefined;
    return openedJob(store, job, isFree && (await take(job)) === 'created');
  }
  for (let number = 1; ; ) {
    const name = numbered(source, number);
    const recorded = await readJobSource(store.objects, store, name);
    if (recorded !== undefined && isSameLocation(recorded, location)) return openedJob(store, name, false);
    if (recorded === undefined && !(await hasOtherRows(source, store, name))) {
      const taken = await take(name);
      if (taken !== 'exists') return openedJob(store, name, taken === 'created');
      // Another process was first: its location decides. A record that cannot be read is one of another location.
      if ((await readJobSource(store.objects, store, name)) !== undefined) continue;
    }
    number += 1;
  }
}

function openedJob(store: OpenedLocation, name: string, isCreated: boolean): OpenedJob {
  let hasImages = false;
  return {
    name,
    async *taking(images) {
      for await (const image of images) {
        hasImages = true;
        yield image;
      }
    },
    async end() {
      if (isCreated && !hasImages) await removeJobSource(store, name);
    },
  };
}

function numbered(source: OpenedLocation, number: number): string {
  const name = defaultJobName(source);
  const job = number === 1 ? name : `${name}-${number}`;
  const problem = jobNameProblem(job);
  if (problem === undefined) return job;
  throw new UsageError(`give --job: the name taken from ${locationName(source)} ${problem}`);
}

const countsSchema = z.tuple([z.object({ rows: z.number(), here: z.number() })]);

/** Whether a job without a record has rows, all of them of other locations: a store of an earlier version, or uploads. */
async function hasOtherRows({ bucket, prefix }: OpenedLocation, store: OpenedLocation, job: string): Promise<boolean> {
  if (!(await hasResults(store))) return false;
  const { openResults } = await import('../../results/open/open-results.ts');
  const results = await openResults(resultsSource(store), { embeddings: false });
  try {
    const [{ rows, here }] = await results.query(
      countsSchema,
      `select count(*)::double as rows,
              (count(*) filter (where bucket = $bucket and starts_with(key, $prefix)))::double as here
       from results where job = $job`,
      { bucket, prefix, job },
    );
    return rows > 0 && here === 0;
  } finally {
    await results.close();
  }
}

/** Compares without slashes at the end. */
function isSameLocation(one: string, other: string): boolean {
  return withoutSlashes(one) === withoutSlashes(other);
}

function withoutSlashes(text: string): string {
  return text.replace(/\/+$/, '');
}
