import { z } from 'zod';
import type { LiveJob } from '../responses.ts';
import type { Catalogue } from './open-catalogue.ts';

const rateSeconds = 120;
/** A job that stored nothing for so long has ended, or waits. */
const quietMs = 45_000;

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
 * Every job, the one that moved last first, as its rows tell it or, where it is known how many images it has, as its lists
 * do: then classified, rejected, deleted and pending are the total.
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
  const told = jobs.map(({ recent, recent_seconds: seconds, ...job }) => {
    const isQuiet = now.getTime() - Date.parse(job.latest) > quietMs;
    return { ...job, perSecond: isQuiet ? 0 : Number((recent / seconds).toFixed(1)), ...countsOf(job.job, catalogue) };
  });
  const without = catalogue.jobs.filter(({ job }) => !jobs.some((own) => own.job === job));
  return [...without.map(({ job }) => waiting(job, catalogue)), ...told];
}

/** Counts by a job's lists; nothing where it has none. */
function countsOf(job: string, { jobs }: Catalogue): Partial<LiveJob> {
  const own = jobs.find((listed) => listed.job === job);
  if (own?.total === undefined || own.total === null) return {};
  const { total, classified, rejected, deleted, pending } = own;
  return { total, classified, rejected, deleted, pending: pending ?? 0 };
}

/** A job that was submitted and of which nothing is done. */
function waiting(job: string, catalogue: Catalogue): LiveJob {
  const latest = new Date(catalogue.version).toISOString();
  return { job, classified: 0, rejected: 0, deleted: 0, latest, perSecond: 0, ...countsOf(job, catalogue) };
}
