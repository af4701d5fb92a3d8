import { z } from 'zod';
import type { Results } from '../open/open-results.ts';
import { countByComputation } from './count-by-computation.ts';
import { rowCondition } from './row-selection.ts';

/** Computed images of one provider and one kind of source. */
export interface ComputedImages {
  /** Whether they are from a folder: the bucket is then an absolute path. */
  readonly inFolder: boolean;
  /** The execution provider; null for rejected images. */
  readonly provider: string | null;
  /** Computations: an image that several models classified counts for each. */
  readonly images: number;
  /** Each image once. */
  readonly distinct: number;
  /** Bytes read. */
  readonly bytes: number;
  /** Pixels decoded. */
  readonly pixels: number;
  /** Regions given to the network. */
  readonly proposals: number;
  /** When the first image was ingested. */
  readonly first: Date;
  /** When the last image was classified or, if none was, ingested. */
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
    proposals: z.number(),
    first: moment,
    last: moment,
  }),
);

/**
 * Rows without relabeled ones. A relabeled row keeps `ingested_at` of the row it was made from, and no two reads of an
 * image share a time, so of rows with the same time the first is the computed one.
 */
const computedRows = `(from results qualify row_number() over (
  partition by image_id, ingested_at order by coalesce(classified_at, ingested_at)) = 1)`;

/**
 * Counts what was computed, for all jobs or one, most images first. Deleted images count, relabeled rows do not.
 * @throws {UserError} naming a part that cannot be read
 */
export async function countComputedImages(
  results: Results,
  { job }: { job?: string | undefined } = {},
): Promise<ComputedImages[]> {
  const hasSeveralModels = (await countByComputation(results, { job })).length > 1;
  const groups = await results.query(
    groupsSchema,
    `select starts_with(bucket, '/') as in_folder, provider, count(*)::double as images,
       ${hasSeveralModels ? 'count(distinct image_id)' : 'count(*)'}::double as distinct,
       coalesce(sum(bytes), 0)::double as bytes, coalesce(sum(width::double * height), 0) as pixels,
       coalesce(sum(proposals), 0)::double as proposals,
       epoch_ms(min(ingested_at))::double as first,
       epoch_ms(max(coalesce(classified_at, ingested_at)))::double as last
     from ${hasSeveralModels ? computedRows : 'results'} where ${rowCondition({ job, deleted: true })}
     group by in_folder, provider order by images desc, provider`,
  );
  return groups.map(({ in_folder: inFolder, ...group }) => ({ inFolder, ...group }));
}
