import { z } from 'zod';
import type { JobProgress } from '../answers.ts';
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
 * Every job, the one that moved last first, as its rows tell it. Where it is known how many images a job has, this is
 * the place to add `total` and `pending`.
 */
export async function jobProgress(catalogue: Catalogue, now = new Date()): Promise<JobProgress[]> {
  const since = now.getTime() - rateSeconds * 1000;
  const jobs = jobsSchema.parse(
    await catalogue.rows(
      `select job, count(*) filter (status = 'classified')::double as classified,
         count(*) filter (status = 'rejected')::double as rejected,
         count(*) filter (status = 'deleted')::double as deleted,
         epoch_ms(max(done_at))::double as latest,
         count(*) filter (epoch_ms(done_at) >= ${since})::double as recent,
         least(${rateSeconds}, greatest(1, (${now.getTime()} - epoch_ms(min(done_at))) / 1000))::double as recent_seconds
       from images group by job order by latest desc, job`,
    ),
  );
  return jobs.map(({ recent, recent_seconds: seconds, ...job }) => {
    const isQuiet = now.getTime() - Date.parse(job.latest) > quietMs;
    return { ...job, perSecond: isQuiet ? 0 : Number((recent / seconds).toFixed(1)) };
  });
}
