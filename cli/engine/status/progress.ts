import { type Usage, usageOf } from '../../../jobs/cost/usage.ts';
import type { JobProgress } from '../../../jobs/progress/job-progress.ts';
import type { Results } from '../../../results/open/open-results.ts';
import { type ComputationCounts, countByComputation } from '../../../results/questions/count-by-computation.ts';
import type { StatusCounts } from '../../../results/questions/count-by-status.ts';
import { countComputedImages } from '../../../results/questions/count-computed-images.ts';
import { imagesPerSecond } from '../../../shared/jobs/job-summary.ts';

/** Where images stand, those of a job or all. */
export interface ImageProgress extends Pick<JobProgress, 'total' | 'pending' | 'first' | 'last'> {
  readonly counts: StatusCounts;
  /** That have a row, the deleted among them. */
  readonly images: number;
  /** From the first that was ingested to the last that was classified or rejected. */
  readonly seconds: number;
  /** Over that time; null where there was none. */
  readonly imagesPerSecond: number | null;
  /** Over the last minutes, up to now. */
  readonly recentPerSecond: number;
  /** Until all are done, at the rate of the last minutes; null where nobody knows how many there are, or nothing is done. */
  readonly secondsLeft: number | null;
}

/** Messages of a queue, as its service estimates them. */
export interface QueueDepth {
  readonly url: string;
  readonly waiting: number;
  readonly held: number;
}

/** What a store tells of its images, or of those of one job or place. */
export interface Status extends ImageProgress {
  readonly job: string | undefined;
  readonly store: string;
  readonly jobs: readonly (ImageProgress & { readonly job: string })[];
  readonly queues: readonly QueueDepth[];
  /** Undefined for a place, whose images may be of any job. */
  readonly computed:
    | {
        /** Of the images that were read. */
        readonly bytes: number;
        readonly providers: readonly { readonly provider: string; readonly images: number }[];
        /** Several where images went through several models, or were relabelled. */
        readonly models: readonly ComputationCounts[];
        readonly usage: Usage;
      }
    | undefined;
}

/** Seconds that count as the last minutes. */
export const recentSeconds = 300;

/** @param now milliseconds */
export function progressOf(jobs: readonly JobProgress[], now: number): ImageProgress {
  const sum = (of: (job: JobProgress) => number) => jobs.reduce((total, job) => total + of(job), 0);
  const all = (of: (job: JobProgress) => number | null) =>
    jobs.some((job) => of(job) === null) || jobs.length === 0 ? null : sum((job) => of(job) ?? 0);
  const moments = jobs.flatMap(({ first, last }) => (first && last ? [first.getTime(), last.getTime()] : []));
  const [first, last] = moments.length === 0 ? [null, null] : [Math.min(...moments), Math.max(...moments)];
  const seconds = first === null || last === null ? 0 : (last - first) / 1000;
  const images = sum(({ classified, rejected, deleted }) => classified + rejected + deleted);
  const since = first === null ? recentSeconds : Math.min(recentSeconds, Math.max(1, (now - first) / 1000));
  const recent = sum((job) => job.recent) / since;
  const pending = all((job) => job.pending);
  return {
    total: all((job) => job.total),
    images,
    counts: {
      classified: sum((job) => job.classified),
      rejected: sum((job) => job.rejected),
      deleted: sum((job) => job.deleted),
      reasons: reasonsOf(jobs),
    },
    pending,
    first: first === null ? null : new Date(first),
    last: last === null ? null : new Date(last),
    seconds,
    imagesPerSecond: imagesPerSecond(images, seconds),
    recentPerSecond: Number(recent.toFixed(1)),
    secondsLeft:
      pending === null || (recent === 0 && pending > 0) ? null : pending === 0 ? 0 : Math.ceil(pending / recent),
  };
}

function reasonsOf(jobs: readonly JobProgress[]): StatusCounts['reasons'] {
  const reasons = Map.groupBy(
    jobs.flatMap((job) => job.reasons),
    ({ reason }) => reason,
  );
  return [...reasons]
    .map(([reason, own]) => ({ reason, count: own.reduce((sum, { count }) => sum + count, 0) }))
    .toSorted((a, b) => b.count - a.count);
}

/** What was computed for the images of a job, or for all. */
export async function readComputed(results: Results, job: string | undefined): Promise<Status['computed']> {
  const groups = await countComputedImages(results, { job });
  return {
    bytes: groups.reduce((sum, { bytes }) => sum + bytes, 0),
    providers: groups.flatMap(({ provider, distinct }) => (provider === null ? [] : [{ provider, images: distinct }])),
    models: await countByComputation(results, { job }),
    usage: usageOf(groups),
  };
}
