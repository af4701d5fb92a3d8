import { isDeepStrictEqual } from 'node:util';
import pMap from 'p-map';
import { openResults, type Results } from '../../results/open/open-results.ts';
import type { ResultsSource } from '../../results/open/parts.ts';
import { countComputedImages } from '../../results/questions/count-computed-images.ts';
import { imagesPerSecond, type JobSummary } from '../../shared/jobs/job-summary.ts';
import type { StoreLocation } from '../../shared/stores/keys.ts';
import type { ObjectStore } from '../../shared/stores/ports.ts';
import { usageOf } from '../cost/usage.ts';
import { type JobProgress, jobProgress } from './job-progress.ts';
import { type JobObjects, listJobObjects } from './list-job-objects.ts';
import { markComplete, markOpen, readSummary } from './mark-job.ts';

export interface CompleteJobsPorts {
  /** How to read the results of the store. */
  readonly source: ResultsSource;
  readonly store: ObjectStore;
  readonly location: StoreLocation;
  /** Checks only this job. */
  readonly only?: string;
  readonly now: () => Date;
}

/** Changes found in jobs with lists of their images. */
export interface JobsChecked {
  /** Jobs that became complete; their summaries and markers are written. */
  readonly completed: readonly JobSummary[];
  /** Jobs that were complete and have pending images again; their markers are removed. */
  readonly reopened: readonly string[];
  /** Number of jobs with pending images. */
  readonly open: number;
  /** Pending images of all jobs. */
  readonly pending: number;
}

const parallelReads = 16;

/**
 * Marks every job as complete that has no pending image, and removes the marker of a job that received more images.
 * Idempotent, also for two processes at the same time.
 */
export async function completeJobs(ports: CompleteJobsPorts): Promise<JobsChecked> {
  const { source, store, location, only } = ports;
  const jobs = (await listJobObjects(source)).filter(
    ({ job, lists }) => lists.length > 0 && (only === undefined || job === only),
  );
  const isSettledByJob = await pMap(jobs, (job) => isSettled(job, ports), { concurrency: parallelReads });
  const unsettled = jobs.filter((_, index) => !isSettledByJob[index]);
  if (unsettled.length === 0) return { completed: [], reopened: [], open: 0, pending: 0 };
  const results = await openResults(source, { embeddings: false });
  try {
    const lists = unsettled.flatMap((job) => job.lists);
    const progressOfJobs = await jobProgress(results, { expected: { lists }, since: ports.now() });
    const progressByJob = new Map(progressOfJobs.map((progress) => [progress.job, progress]));
    const completed: JobSummary[] = [];
    const reopened: string[] = [];
    let [open, pending] = [0, 0];
    for (const job of unsettled) {
      const progress = progressByJob.get(job.job);
      if (progress === undefined) continue;
      if (progress.pending === 0) {
        const summary = await summaryOf(progress, { results, lists: job.lists.length, now: ports.now() });
        if (job.isMarked && isSame(summary, await readSummary(store, location, job.job))) continue;
        await markComplete(store, location, summary);
        completed.push(summary);
        continue;
      }
      open += 1;
      pending += progress.pending ?? 0;
      if (!job.isMarked) continue;
      await markOpen(store, location, job.job);
      reopened.push(job.job);
    }
    return { completed, reopened, open, pending };
  } finally {
    await results.close();
  }
}

/**
 * Whether nothing can have changed since the job was marked complete: it has no new list, and no rejected image that a retry
 * could change. A retried image counts as rejected until its new row exists.
 */
async function isSettled(
  { job, lists, isMarked }: JobObjects,
  { store, location }: CompleteJobsPorts,
): Promise<boolean> {
  if (!isMarked) return false;
  const summary = await readSummary(store, location, job);
  return summary?.lists === lists.length && summary.rejected === 0;
}

function isSame(one: JobSummary, other: JobSummary | undefined): boolean {
  return isDeepStrictEqual({ ...one, completed_at: '' }, { ...other, completed_at: '' });
}

async function summaryOf(
  { job, total, classified, rejected, deleted, reasons, models, first, last }: JobProgress,
  { results, lists, now }: { results: Results; lists: number; now: Date },
): Promise<JobSummary> {
  const seconds = first && last ? (last.getTime() - first.getTime()) / 1000 : 0;
  const { unbilled, estimates } = usageOf(await countComputedImages(results, { job }));
  const dollars = estimates.reduce((sum, estimate) => sum + estimate.dollars, 0);
  return {
    ...{ summary: 1, job, total: total ?? 0, classified, rejected, deleted },
    reasons: Object.fromEntries(reasons.map(({ reason, count }) => [reason, count])),
    models: [...models],
    first: first?.toISOString() ?? null,
    last: last?.toISOString() ?? null,
    seconds,
    images_per_second: imagesPerSecond(classified + rejected, seconds),
    usage: { unbilled, dollars: Number(dollars.toFixed(6)) },
    lists,
    completed_at: now.toISOString(),
  };
}
