import { z } from 'zod';

const count = z.int().nonnegative();
const moment = z.iso.datetime().nullable();

/** What became of a job, as `summary.json` says it once no image of it is pending. */
export const jobSummarySchema = z.object({
  /** Of these fields; another one means something else. */
  summary: z.literal(1),
  job: z.string(),
  /** Images, each key once: classified + rejected + deleted. */
  total: count,
  classified: count,
  rejected: count,
  deleted: count,
  /** The rejected by their reason; of a run, those that it did not find done before. */
  reasons: z.record(z.string(), count),
  /** `name@digest` of what computed them. */
  models: z.array(z.string()),
  /** When the first was ingested and the last classified or rejected; null where there is none. */
  first: moment,
  last: moment,
  /** Between the two. */
  seconds: z.number().nonnegative(),
  /** Over that time; null where there was none. */
  images_per_second: z.number().nullable(),
  /** What AWS would have billed at list prices, an estimate; null for a run on a machine of one's own. */
  usage: z.object({ unbilled: count, dollars: z.number() }).nullable(),
  /** Lists that the total is of; 0 for a run, which counts its own listing. A job with more has got more images since. */
  lists: count,
  completed_at: z.iso.datetime(),
});

export type JobSummary = Readonly<z.output<typeof jobSummarySchema>>;

/** Images a second, to a tenth; null where there was no time. */
export function imagesPerSecond(images: number, seconds: number): number | null {
  return seconds > 0 ? Number((images / seconds).toFixed(1)) : null;
}
