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
  /** How the results of the store are read. */
  readonly source: ResultsSource;
  readonly store: ObjectStore;
  readonly location: StoreLocation;
  /** The only job that is looked at. */
  readonly only?: string;
  readonly now: () => Date;
}

/** What was found out about jobs that have lists of their images. */
export interface JobsChecked {
  /** Complete since: their summary and marker are written. */
  readonly completed: readonly JobSummary[];
  /** Complete before, and with pending images again: their marker is gone. */
  readonly reopened: readonly string[];
  /** With images that are pending. */
  readonly open: number;
  /** Images of these that are. */
  readonly pending: number;
}

const readsAtOnce = 16;

/**
 * Marks every job as complete whose last image is accounted for, and takes the marker from those that got more images
 * since. Nothing else is written; done again, or by two processes at the same time, it comes to the same.
 */
export async function completeJobs(ports: CompleteJobsPorts): Promise<JobsChecked> {
  const { source, store, location, only } = ports;
  const jobs = (await listJobObjects(source)).filter(
    ({ job, lists }) => lists.length > 0 && (only === undefined || job === only),
  );
  const unsettled = await pMap(jobs, async (job) => ((await isSettled(job, ports)) ? [] : [job]), {
    concurrency: readsAtOnce,
  });
  const asked = unsettled.flat();
  if (asked.length === 0) return { completed: [], reopened: [], open: 0, pending: 0 };
  const results = await openResults(source, { embeddings: false });
  try {
    const lists = asked.flatMap((job) => job.lists);
    const progress = new Map(
      (await jobProgress(results, { expected: { lists }, since: ports.now() })).map((own) => [own.job, own]),
    );
    const completed: JobSummary[] = [];
    const reopened: string[] = [];
    let [open, pending] = [0, 0];
    for (const job of asked) {
      const own = progress.get(job.job);
      if (own === undefined) continue;
      if (own.pending === 0) {
        const summary = await summaryOf(own, { results, lists: job.lists.length, now: ports.now() });
        if (job.isMarked && isSame(summary, await readSummary(store, location, job.job))) continue;
        await markComplete(store, location, summary);
        completed.push(summary);
        continue;
      }
      open += 1;
      pending += own.pending ?? 0;
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
 * Complete, with no list since that would have changed that, and with nothing that a retry might: until the new row of a
 * rejected image is there, its old one accounts for it.
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
