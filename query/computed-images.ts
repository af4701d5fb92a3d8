import { z } from 'zod';
import type { Results } from './open-results.ts';

/** Images that went the same way. */
export interface ComputedImages {
  /** Whether they lay in a folder and not in a bucket: a folder's name is its absolute path. */
  readonly inFolder: boolean;
  /** What computed them; null for those that were rejected. */
  readonly provider: string | null;
  readonly images: number;
  /** That were read of all of them. */
  readonly bytes: number;
  /** Of all of them, as far as they were decoded. */
  readonly pixels: number;
  /** When the first of them was ingested. */
  readonly first: Date;
  /** When the last of them was classified or, where none was, ingested. */
  readonly last: Date;
}

const moment = z.number().transform((ms) => new Date(ms));
const groupsSchema = z.array(
  z.object({
    in_folder: z.boolean(),
    provider: z.string().nullable(),
    images: z.number(),
    bytes: z.number(),
    pixels: z.number(),
    first: moment,
    last: moment,
  }),
);

/**
 * What was computed, all or that of one job, the deleted too since they were computed before: most images first.
 * @throws {UserError} naming a part that cannot be read.
 */
export async function computedImages(
  results: Results,
  { job }: { job?: string | undefined } = {},
): Promise<ComputedImages[]> {
  const run = async () => {
    const reader = await results.connection.runAndReadAll(
      `select starts_with(bucket, '/') as in_folder, provider, count(*)::double as images,
         coalesce(sum(bytes), 0)::double as bytes, coalesce(sum(width::double * height), 0) as pixels,
         epoch_ms(min(ingested_at))::double as first,
         epoch_ms(max(coalesce(classified_at, ingested_at)))::double as last
       from results where $job is null or job = $job
       group by in_folder, provider order by images desc, provider`,
      { job: job ?? null },
    );
    return groupsSchema.parse(reader.getRowObjectsJS());
  };
  const groups = await run().catch(async (error: unknown) => {
    throw await results.explain(error);
  });
  return groups.map(({ in_folder: inFolder, ...group }) => ({ inFolder, ...group }));
}
