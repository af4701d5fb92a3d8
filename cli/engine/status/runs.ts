import type { JobProgress } from '../../../jobs/progress/job-progress.ts';
import { finishedOf, type RunState, stageOf } from '../../../shared/jobs/run-state.ts';
import type { Status, TrackedJob } from './progress.ts';

/**
 * Adds the totals of runs on your own machine, which record them, to the progress of their jobs. A job with lists of its
 * images keeps their total.
 */
export function withRuns(jobs: readonly JobProgress[], runs: readonly RunState[], now: Date): TrackedJob[] {
  const known = new Set(jobs.map(({ job }) => job));
  const started = runs.filter((run) => !known.has(run.job) && stageOf(run, now) !== 'complete').map(withoutRows);
  const byJob = new Map(runs.map((run) => [run.job, run]));
  return [...jobs, ...started]
    .map((progress) => withRun(progress, byJob.get(progress.job), now))
    .toSorted((a, b) => (a.job < b.job ? -1 : 1));
}

/** The runs of jobs that no longer run although images are left. */
export function stoppedRuns(jobs: readonly JobProgress[], runs: readonly RunState[], now: Date): Status['stopped'] {
  const pending = new Set(jobs.filter((job) => job.pending !== 0).map(({ job }) => job));
  return runs
    .filter((run) => pending.has(run.job) && stageOf(run, now) === 'stopped')
    .map(({ command, job, source }) => ({ command, job, source }));
}

/** The jobs of folders that are watched now. */
export function watchedJobs(runs: readonly RunState[], now: Date): Status['watching'] {
  return runs
    .filter((run) => run.command === 'watch' && stageOf(run, now) === 'running')
    .map(({ job, source }) => ({ job, source }));
}

function withRun(progress: JobProgress, run: RunState | undefined, now: Date): TrackedJob {
  if (progress.total !== null || run === undefined) return progress;
  const tracked = { ...progress, run: { stage: stageOf(run, now), startedAt: new Date(run.started_at) } };
  const pending = pendingOf(progress, run, now);
  if (pending === null) return tracked;
  return { ...tracked, pending, total: pending + progress.classified + progress.rejected + progress.deleted };
}

function pendingOf({ classified, rejected }: JobProgress, run: RunState, now: Date): number | null {
  if (stageOf(run, now) === 'complete') return 0;
  if (run.total === null) return null;
  // Rows are newer than the record; but images that runs of other jobs finished have none in this job.
  return Math.max(0, run.total - Math.max(finishedOf(run), classified + rejected));
}

function withoutRows({ job, model }: RunState): JobProgress {
  return {
    ...{ job, total: null, pending: null, classified: 0, rejected: 0, deleted: 0 },
    ...{ reasons: [], models: [model], recent: 0, first: null, last: null },
  };
}
