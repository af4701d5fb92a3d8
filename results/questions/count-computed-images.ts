import { z } from 'zod';
import type { Results } from '../open/open-results.ts';
import { countByComputation } from './count-by-computation.ts';

/** Images that went the same way. */
export interface ComputedImages {
  /** Whether they lay in a folder and not in a bucket: a folder's name is its absolute path. */
  readonly inFolder: boolean;
  /** What computed them; null for those that were rejected. */
  readonly provider: string | null;
  /** How often one was computed: one that several models went through counts for each. */
  readonly images: number;
  /** The same, each image once. */
  readonly distinct: number;
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
    distinct: z.number(),
    bytes: z.number(),
    pixels: z.number(),
    first: moment,
    last: moment,
  }),
);

/**
 * Rows without those that were relabelled. Those say that their image was read when the one was that they are made of, and
 * to be read anew takes time: of what was read at once the first row is what was computed.
 */
const computedRows = `(from results qualify row_number() over (
  partition by image_id, ingested_at order by coalesce(classified_at, ingested_at)) = 1)`;

/**
 * What was computed, all or that of one job, the deleted too since they were computed before: most images first. Rows that
 * were only given other labels are left out.
 * @throws {UserError} naming a part that cannot be read.
 */
export async function countComputedImages(
  results: Results,
  { job }: { job?: string | undefined } = {},
): Promise<ComputedImages[]> {
  const run = async () => {
    const several = (await countByComputation(results, { job })).length > 1;
    const reader = await results.connection.runAndReadAll(
      `select starts_with(bucket, '/') as in_folder, provider, count(*)::double as images,
         ${several ? 'count(distinct image_id)' : 'count(*)'}::double as distinct,
         coalesce(sum(bytes), 0)::double as bytes, coalesce(sum(width::double * height), 0) as pixels,
         epoch_ms(min(ingested_at))::double as first,
         epoch_ms(max(coalesce(classified_at, ingested_at)))::double as last
       from ${several ? computedRows : 'results'} where $job is null or job = $job
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
