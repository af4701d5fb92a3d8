import type { ExpectedImages } from '../../../jobs/progress/expected-images.ts';
import { jobProgress } from '../../../jobs/progress/job-progress.ts';
import { listJobObjects } from '../../../jobs/progress/list-job-objects.ts';
import { openResults, type Results } from '../../../results/open/open-results.ts';
import { jobNames, unknownJob } from '../../../results/questions/stored-jobs.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { RunState } from '../../../shared/jobs/run-state.ts';
import type { AwsOptions } from '../command-watch.ts';
import { type OpenedLocation, openSource, resultsSource, type StoreOptions } from '../locations.ts';
import { noResults } from '../missing-results.ts';
import { openTextQueue } from '../open-queues.ts';
import { progressOf, type QueueDepth, readComputed, recentSeconds, type Status } from './progress.ts';
import { stoppedRuns, watchedJobs, withRuns } from './runs.ts';

export interface StatusQuery extends StoreOptions {
  readonly job?: string;
  /** Location whose images are counted, of any job. */
  readonly images?: string;
  /** URLs of queues. */
  readonly queue?: readonly string[];
}

/** The store has no images yet; they may arrive later. */
export class NoImagesYet extends UserError {}

/**
 * Reads the current progress of the images in a store.
 * @throws {NoImagesYet}
 * @throws {UserError} for an unreadable location
 */
export async function readStatus(store: OpenedLocation, query: StatusQuery): Promise<Status> {
  const { job, images, queue: urls = [] } = query;
  const source = resultsSource(store);
  const queues = await Promise.all(urls.map((url) => readDepth(url, query)));
  const expected = images === undefined ? await submittedImages(store, job) : await imagesIn(images, query, store);
  const results = await openResults(source, { embeddings: false });
  try {
    const now = Date.now();
    const since = new Date(now - 1000 * recentSeconds);
    const runs = images === undefined ? await runStates(store, job) : [];
    const jobs = withRuns(await jobProgress(results, { expected, job, since }), runs, new Date(now));
    if (jobs.length === 0) throw await noImages(results, store, query);
    return {
      job,
      store: query.store,
      ...progressOf(jobs, now),
      jobs: jobs.map((each) => ({ job: each.job, ...progressOf([each], now) })),
      queues,
      stopped: stoppedRuns(jobs, runs, new Date(now)),
      watching: watchedJobs(runs, new Date(now)),
      computed: images === undefined ? await readComputed(results, job) : undefined,
    };
  } finally {
    await results.close();
  }
}

async function submittedImages(store: OpenedLocation, job: string | undefined): Promise<ExpectedImages> {
  const jobs = await listJobObjects(resultsSource(store));
  return { lists: jobs.filter((each) => job === undefined || each.job === job).flatMap(({ lists }) => lists) };
}

async function runStates(store: OpenedLocation, job: string | undefined): Promise<RunState[]> {
  const jobs = await listJobObjects(resultsSource(store));
  const states = jobs.map(async (each) => (job === undefined || each.job === job ? each.run?.read() : undefined));
  return (await Promise.all(states)).filter((state) => state !== undefined);
}

async function imagesIn(text: string, aws: AwsOptions, store: OpenedLocation): Promise<ExpectedImages> {
  const { objects, bucket, prefix } = await openSource(text, aws, store);
  return { name: text, objects: objects.list(bucket, prefix) };
}

async function readDepth(url: string, aws: AwsOptions): Promise<QueueDepth> {
  const queue = await openTextQueue(url, aws);
  const { visible, inFlight } = await queue.depth();
  return { url, waiting: visible, held: inFlight };
}

async function noImages(results: Results, opened: OpenedLocation, query: StatusQuery): Promise<NoImagesYet> {
  const { store, job, images } = query;
  if (images !== undefined) return new NoImagesYet(`no files in ${images}`);
  if (results.partCount === 0) return new NoImagesYet((await noResults(opened, query)).message);
  if (job === undefined) return new NoImagesYet(`no images in the results in ${store}`);
  const jobs = await jobNames(results, resultsSource(opened));
  return new NoImagesYet(
    jobs.includes(job) ? `job ${job} in ${store} has no images yet` : unknownJob(jobs, store, job),
  );
}
