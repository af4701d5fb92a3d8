import { DOUBLE, LIST, listValue } from '@duckdb/node-api';
import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Box } from '../../../shared/regions/region.ts';
import { latestRegionsSql, regionIdentity } from '../../open/create-regions-view.ts';
import type { Results } from '../../open/open-results.ts';
import type { Computation } from '../../questions/computation.ts';
import { rowCondition } from '../../questions/row-selection.ts';
import { checkEmbedding, clampCosine } from '../embeddings/check-embedding.ts';
import { embeddingSql, hasDirectionSql } from '../embeddings/embedded-images.ts';

/** A region of a search result. */
export interface RegionHit extends Box {
  readonly image_id: string;
  readonly bucket: string;
  readonly key: string;
  readonly job: string;
  /** Number in the list of the image, from 1. */
  readonly region: number;
  readonly label: string;
  readonly label_id: string;
  /** Of `label`, 0 to 1. */
  readonly probability: number;
  /** Cosine of the angle between the embeddings, -1 to 1. */
  readonly similarity: number;
}

export interface RegionSearchOptions {
  readonly limit: number;
  /** Lowest similarity. @default -1 */
  readonly min?: number | undefined;
  /** Only regions of images of this job. */
  readonly job?: string | undefined;
  /** Only regions with this label, see `matchesLabel`. */
  readonly label?: string | undefined;
  /** Id of an image whose regions are left out. */
  readonly except?: string | undefined;
}

const number = z.number();
const text = z.string();
const hitsSchema = z.array(
  z.object({
    ...{ image_id: text, bucket: text, key: text, job: text, region: number },
    ...{ x: number, y: number, width: number, height: number },
    ...{ label: text, label_id: text, probability: number, similarity: number },
  }),
);
const lengthsSchema = z.array(z.object({ length: z.bigint().transform(Number) }));

/**
 * Exact nearest neighbors among the regions of images that are not deleted. Compares every region of the space in one pass
 * over the parts of regions.
 * @param results opened with `regionEmbeddings`
 * @returns most similar first; of equal ones by image and number
 * @throws {UserError} if no embedding of the space is stored; for one of another length or without a direction: zeros, NaN
 */
export async function nearestRegions(
  results: Results,
  { model, preprocess }: Computation,
  embedding: Float32Array,
  { limit, min = -1, job, label, except }: RegionSearchOptions,
): Promise<RegionHit[]> {
  const { regions } = results;
  if (regions === undefined) throw new Error('the results were opened without the embeddings of regions');
  const space = { model, preprocess };
  const ofSpace = 'model = $model and preprocess = $preprocess';
  const [first] = await results.query(
    lengthsSchema,
    `select len(embedding) as length from ${regions.rowsSql} where ${ofSpace} and embedding is not null limit 1`,
    space,
  );
  if (first === undefined) {
    throw new UserError(`the embeddings of regions of ${model} are missing: copy the folder regions/ of the store too`);
  }
  const { length } = first;
  checkEmbedding(embedding, length);
  // Compared before the join, which then has to hold no embeddings.
  const cosine = `array_cosine_similarity(${embeddingSql(length)}, $embedding::float[${length}])::double as similarity`;
  const search = (condition: string) =>
    results.query(
      hitsSchema,
      `select image_id, bucket, key, job, region, x, y, width, height, label, label_id, probability, similarity
       from regions
       join (${latestRegionsSql(regions.rowsSql, `${regionIdentity}, ${cosine}`, condition)}) as compared
         using (${regionIdentity})
       where status = 'classified' and similarity >= $min and image_id is distinct from $except
         and ${rowCondition({ job, label })}
       order by similarity desc, image_id, region limit $limit`,
      { ...space, embedding: listValue([...embedding]), min: min - rounding, except: except ?? null, limit },
      { embedding: LIST(DOUBLE) },
    );
  const hits = await search(ofSpace);
  // As in `exactSearch`: embeddings without a direction have -1, and are filtered out only if there is one.
  const valid = (hits.at(-1)?.similarity ?? 0) > -1 ? hits : await search(`${ofSpace} and ${hasDirectionSql(length)}`);
  return valid
    .map((hit) => ({ ...hit, similarity: clampCosine(hit.similarity) }))
    .filter(({ similarity }) => similarity >= min);
}

/** A cosine of -1 may come out a little smaller. */
const rounding = 1e-6;
