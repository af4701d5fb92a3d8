import { z } from 'zod';
import type { LiveJob } from '../responses.ts';
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
    latest: z.number().transform((ms) => new Date(ms).toISOString()),
    recent: z.number(),
    recent_seconds: z.number(),
  }),
);

/**
 * Every job, latest activity first. Jobs with an image list are counted by it, so that classified + rejected + deleted +
 * pending = total; other jobs are counted by their rows.
 */
export async function liveJobs(catalogue: Catalogue, now = new Date()): Promise<LiveJob[]> {
  const since = now.getTime() - rateSeconds * 1000;
  const jobs = jobsSchema.parse(
    await catalogue.rows(
      `select job, count(*) filter (status = 'classified')::double as classified,
         count(*) filter (status = 'rejected')::double as rejected,
         count(*) filter (status = 'deleted')::double as deleted,
         epoch_ms(max(done_at))::double as latest,
         count(*) filter (epoch_ms(done_at) >= ${since})::double as recent,
         least(${rateSeconds}, greatest(1, (${now.getTime()} - epoch_ms(min(done_at))) / 1000))::double as recent_seconds
       from images where is_of_job group by job order by latest desc, job`,
    ),
  );
  const started = jobs.map(({ recent, recent_seconds: seconds, ...job }) => {
    const isIdle = now.getTime() - Date.parse(job.latest) > idleAfterMs;
    return { ...job, perSecond: isIdle ? 0 : Number((recent / seconds).toFixed(1)), ...countsOf(job.job, catalogue) };
  });
  const unstarted = catalogue.jobs.filter(({ job }) => !jobs.some((row) => row.job === job));
  return [...unstarted.map(({ job }) => unstartedJob(job, catalogue)), ...started];
}

/** Counts from the job's image list; empty without one. */
function countsOf(job: string, { jobs }: Catalogue): Partial<LiveJob> {
  const listed = jobs.find((progress) => progress.job === job);
  if (listed?.total === undefined || listed.total === null) return {};
  const { total, classified, rejected, deleted, pending } = listed;
  return { total, classified, rejected, deleted, pending: pending ?? 0 };
}

/** A submitted job without rows. */
function unstartedJob(job: string, catalogue: Catalogue): LiveJob {
  const latest = new Date(catalogue.version).toISOString();
  return { job, classified: 0, rejected: 0, deleted: 0, latest, perSecond: 0, ...countsOf(job, catalogue) };
}
