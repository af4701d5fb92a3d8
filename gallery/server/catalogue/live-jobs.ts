import { z } from 'zod';
import { imagesPerSecond } from '../../../shared/jobs/job-summary.ts';
import { finishedOf, type RunState, secondsLeft, stageOf, staleMs } from '../../../shared/jobs/run-state.ts';
import type { JobTotal, LiveJob } from '../responses.ts';
import type { Catalogue } from './open-catalogue.ts';

const rateSeconds = 120;
/** Without new rows for this long, a job is idle. */
const idleAfterMs = 45_000;

const jobsSchema = z.array(
  z.object({
    job: z.string(),
    classified: z.number(),
    rejected: z.number(),
    deleted: z.number(),
    latest: z.number().transform((ms) => new Date(ms)),
    recent: z.number(),
    recent_seconds: z.number(),
  }),
);
type JobRows = z.output<typeof jobsSchema>[number];

/** What a store records of its jobs next to their results. */
export interface RecordedJobs {
  readonly runs: readonly RunState[];
  /** Locations of the images, by job. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Every job, latest activity first. Jobs with an image list are counted by it, so that classified + rejected + deleted +
 * pending = total; a run on your own machine records its own counts; other jobs are counted by their rows.
 */
export async function liveJobs(
  catalogue: Catalogue,
  { runs, sources }: RecordedJobs,
  now = new Date(),
): Promise<LiveJob[]> {
  const since = now.getTime() - rateSeconds * 1000;
  const rows = jobsSchema.parse(
    await catalogue.rows(
      `select job, count(*) filter (status = 'classified')::double as classified,
         count(*) filter (status = 'rejected')::double as rejected,
         count(*) filter (status = 'deleted')::double as deleted,
         epoch_ms(max(done_at))::double as latest,
         count(*) filter (epoch_ms(done_at) >= ${since})::double as recent,
         least(${rateSeconds}, greatest(1, (${now.getTime()} - epoch_ms(min(done_at))) / 1000))::double as recent_seconds
       from images where is_of_job group by job`,
    ),
  );
  const rowsByJob = new Map(rows.map((each) => [each.job, each]));
  const runByJob = new Map(
    runs.filter((run) => isCurrent(run, rowsByJob.get(run.job), now)).map((run) => [run.job, run]),
  );
  const names = new Set([...rowsByJob.keys(), ...catalogue.jobs.map(({ job }) => job), ...runByJob.keys()]);
  return [...names]
    .map((job) =>
      liveJob(job, {
        ...{ catalogue, now },
        ...{ rows: rowsByJob.get(job), run: runByJob.get(job), source: sources.get(job) },
      }),
    )
    .toSorted((a, b) => (a.latest === b.latest ? compare(a.job, b.job) : compare(b.latest, a.latest)));
}

/** A record says more than the rows unless rows were added after it: a complete one ends after its last row. */
function isCurrent(run: RunState, rows: JobRows | undefined, now: Date): boolean {
  const updated = Date.parse(run.updated_at);
  if (stageOf(run, now) === 'complete') return rows !== undefined && rows.latest.getTime() <= updated;
  return rows === undefined || rows.latest.getTime() < updated + staleMs;
}

interface JobParts {
  readonly catalogue: Catalogue;
  readonly rows: JobRows | undefined;
  readonly run: RunState | undefined;
  readonly source: string | undefined;
  readonly now: Date;
}

function liveJob(job: string, { catalogue, rows, run, source = run?.source, now }: JobParts): LiveJob {
  const latest = Math.max(rows?.latest.getTime() ?? 0, run === undefined ? 0 : Date.parse(run.updated_at));
  const time = new Date(latest === 0 ? catalogue.version : latest).toISOString();
  const common = { job, source: source ?? null, latest: time };
  const listed = catalogue.jobs.find((progress) => progress.job === job);
  const isComplete = listed?.pending === 0 || (run !== undefined && stageOf(run, now) === 'complete');
  const rate = isComplete ? 0 : rateOf(rows, now);
  const stage = rate > 0 ? 'running' : 'idle';
  const { classified, rejected, deleted } = listed ?? rows ?? { classified: 0, rejected: 0, deleted: 0 };
  const counts = { classified, rejected, deleted };
  if (listed !== undefined)
    return { ...common, ...counts, perSecond: rate, stage, progress: progressOfList(listed, rate) };
  if (run === undefined || isComplete) return { ...common, ...counts, perSecond: rate, stage };
  const isRunning = stageOf(run, now) === 'running';
  const active = run.command === 'watch' ? 'watching' : 'running';
  return {
    ...common,
    ...counts,
    perSecond: isRunning ? (run.images_per_second ?? 0) : 0,
    stage: isRunning ? active : 'stopped',
    progress: progressOfRun(run, now),
  };
}

function rateOf(rows: JobRows | undefined, now: Date): number {
  if (rows === undefined || now.getTime() - rows.latest.getTime() > idleAfterMs) return 0;
  return imagesPerSecond(rows.recent, rows.recent_seconds) ?? 0;
}

function progressOfRun(run: RunState, now: Date): JobTotal | undefined {
  if (run.total === null) return undefined;
  const finished = Math.min(run.total, finishedOf(run));
  return { total: run.total, finished, pending: run.total - finished, secondsLeft: secondsLeft(run, now) };
}

function progressOfList(
  { total, pending }: { readonly total: number | null; readonly pending: number | null },
  perSecond: number,
): JobTotal | undefined {
  if (total === null || pending === null) return undefined;
  const seconds = perSecond > 0 && pending > 0 ? Math.round(pending / perSecond) : null;
  return { total, finished: total - pending, pending, secondsLeft: seconds };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
