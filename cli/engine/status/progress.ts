import { type Usage, usageOf } from '../../../jobs/cost/usage.ts';
import type { JobProgress } from '../../../jobs/progress/job-progress.ts';
import type { Results } from '../../../results/open/open-results.ts';
import { countByComputation } from '../../../results/questions/count-by-computation.ts';
import { countComputedImages } from '../../../results/questions/count-computed-images.ts';
import type { ComputationCounts, StatusCounts } from '../../../results/questions/counts.ts';
import { imagesPerSecond } from '../../../shared/jobs/job-summary.ts';
import type { RunStage, RunState } from '../../../shared/jobs/run-state.ts';

/** Progress of the images of one job, or of all jobs. */
export interface ImageProgress extends Pick<JobProgress, 'total' | 'pending' | 'first' | 'last'> {
  readonly counts: StatusCounts;
  /** Images that have a row, including deleted ones. */
  readonly images: number;
  /** From the first ingested to the last classified or rejected image. */
  readonly seconds: number;
  /** Over `seconds`; null if that is 0. */
  readonly imagesPerSecond: number | null;
  /** Over the last five minutes. */
  readonly recentPerSecond: number;
  /** Remaining time at the recent rate; null if unknown: without a total, recent images, or a run in progress. */
  readonly secondsLeft: number | null;
  /** Why no image was finished recently, or will be; null if none is pending or the work proceeds. */
  readonly waiting: 'starting' | 'stopped' | 'stalled' | null;
}

/** Number of messages in a queue, as SQS estimates it. */
export interface QueueDepth {
  readonly url: string;
  readonly waiting: number;
  readonly held: number;
}

/** Status of the images of a store, of one job, or of one location. */
export interface Status extends ImageProgress {
  readonly job: string | undefined;
  readonly store: string;
  readonly jobs: readonly (ImageProgress & { readonly job: string })[];
  readonly queues: readonly QueueDepth[];
  /** Runs on a machine of yours that ended, or were killed, before the last image, and the images they read. */
  readonly stopped: readonly Pick<RunState, 'command' | 'job' | 'source'>[];
  /** Jobs of folders that are watched now. */
  readonly watching: readonly Pick<RunState, 'job' | 'source'>[];
  /** Undefined for a location, whose images may belong to any job. */
  readonly computed:
    | {
        /** Of the images read. */
        readonly bytes: number;
        readonly providers: readonly { readonly provider: string; readonly images: number }[];
        /** More than one if images went through several models or were relabeled. */
        readonly models: readonly ComputationCounts[];
        readonly usage: Usage;
      }
    | undefined;
}

/** Progress of a job, with the last run of it on your own machine. */
export interface TrackedJob extends JobProgress {
  readonly run?: { readonly stage: RunStage; readonly startedAt: Date } | undefined;
}

/** Window of the recent rate. */
export const recentSeconds = 300;

/** Adds up the progress of jobs. @param now milliseconds since the epoch */
export function progressOf(jobs: readonly TrackedJob[], now: number): ImageProgress {
  const sum = (of: (job: JobProgress) => number) => jobs.reduce((total, job) => total + of(job), 0);
  const sumIfKnown = (of: (job: JobProgress) => number | null) =>
    jobs.some((job) => of(job) === null) || jobs.length === 0 ? null : sum((job) => of(job) ?? 0);
  const times = jobs.flatMap(({ first, last }) => (first && last ? [first.getTime(), last.getTime()] : []));
  const [first, last] = times.length === 0 ? [null, null] : [Math.min(...times), Math.max(...times)];
  const seconds = first === null || last === null ? 0 : (last - first) / 1000;
  const images = sum(({ classified, rejected, deleted }) => classified + rejected + deleted);
  const since = first === null ? recentSeconds : Math.min(recentSeconds, Math.max(1, (now - first) / 1000));
  const recentImages = sum((job) => job.recent);
  const recent = recentImages / since;
  const pending = sumIfKnown((job) => job.pending);
  const waiting = pending === 0 ? null : waitingOf(jobs, recent, now);
  return {
    total: sumIfKnown((job) => job.total),
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
    recentPerSecond: imagesPerSecond(recentImages, since) ?? 0,
    secondsLeft:
      pending === 0 ? 0 : pending === null || jobs.some(isStopped) || recent === 0 ? null : Math.ceil(pending / recent),
    waiting,
  };
}

function isStopped({ pending, run }: TrackedJob): boolean {
  return pending !== 0 && run?.stage === 'stopped';
}

function waitingOf(jobs: readonly TrackedJob[], recent: number, now: number): ImageProgress['waiting'] {
  const unfinished = jobs.filter((job) => job.pending !== 0);
  if (unfinished.length > 0 && unfinished.every(isStopped)) return 'stopped';
  if (recent > 0) return null;
  const isNew = ({ run }: TrackedJob) => run !== undefined && now - run.startedAt.getTime() < 1000 * recentSeconds;
  return unfinished.some(isNew) ? 'starting' : 'stalled';
}

function reasonsOf(jobs: readonly JobProgress[]): StatusCounts['reasons'] {
  const reasons = Map.groupBy(
    jobs.flatMap((job) => job.reasons),
    ({ reason }) => reason,
  );
  return [...reasons]
    .map(([reason, counts]) => ({ reason, count: counts.reduce((sum, { count }) => sum + count, 0) }))
    .toSorted((a, b) => b.count - a.count);
}

/** What was computed for the images of a job, or of all jobs. */
export async function readComputed(results: Results, job: string | undefined): Promise<Status['computed']> {
  const groups = await countComputedImages(results, { job });
  return {
    bytes: groups.reduce((sum, { bytes }) => sum + bytes, 0),
    providers: groups.flatMap(({ provider, distinct }) => (provider === null ? [] : [{ provider, images: distinct }])),
    models: await countByComputation(results, { job }),
    usage: usageOf(groups),
  };
}
