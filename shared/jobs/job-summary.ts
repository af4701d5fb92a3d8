import { z } from 'zod';

const count = z.int().nonnegative();
const timestamp = z.iso.datetime().nullable();

/** The results of a job, written to `summary.json` once no image of it is pending. */
export const jobSummarySchema = z.object({
  /** Version of these fields. */
  summary: z.literal(1),
  job: z.string(),
  /** Images, each key once: classified + rejected + deleted. */
  total: count,
  classified: count,
  rejected: count,
  deleted: count,
  /** Rejected images by reason; for a run, without those that were done before it. */
  reasons: z.record(z.string(), count),
  /** `name@digest` of the models used. */
  models: z.array(z.string()),
  /** When the first image was ingested and the last one classified or rejected; null without images. */
  first: timestamp,
  last: timestamp,
  /** Between the two. */
  seconds: z.number().nonnegative(),
  /** Images ÷ `seconds`; null if `seconds` is 0. */
  images_per_second: z.number().nullable(),
  /** Estimated AWS cost at list prices; null for a run on your own machine. */
  usage: z.object({ unbilled: count, dollars: z.number() }).nullable(),
  /** Image lists that the total comes from; 0 for a run, which counts its own listing. More lists add images to the job. */
  lists: count,
  completed_at: z.iso.datetime(),
});

export type JobSummary = Readonly<z.output<typeof jobSummarySchema>>;

/** Rounded to a tenth, or to two digits below one, so that a slow rate is not 0; null for no time. */
export function imagesPerSecond(images: number, seconds: number): number | null {
  if (seconds <= 0) return null;
  const rate = images / seconds;
  return Number(rate < 1 ? rate.toPrecision(2) : rate.toFixed(1));
}
