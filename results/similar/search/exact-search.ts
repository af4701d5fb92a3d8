import { DOUBLE, LIST, listValue } from '@duckdb/node-api';
import { z } from 'zod';
import type { Results } from '../../open/open-results.ts';
import { rowCondition } from '../../questions/row-selection.ts';
import { clampCosine } from '../embeddings/check-embedding.ts';
import { type EmbeddingSpace, embeddedRowsSql, embeddingSql, hasDirectionSql } from '../embeddings/embedded-images.ts';
import type { Hit, SearchOptions } from './similarity.ts';

const hitsSchema = z.array(z.object({ image_id: z.string(), similarity: z.number() }));

/**
 * Exact nearest neighbors: compares every image in one pass and holds only the best.
 * @param embedding checked by `checkEmbedding`
 */
export async function exactSearch(
  results: Results,
  { model, preprocess, dimensions }: EmbeddingSpace,
  embedding: Float32Array,
  { limit, job, label }: SearchOptions,
): Promise<Hit[]> {
  const search = (condition: string) =>
    results.query(
      hitsSchema,
      `select image_id, coalesce(
         array_cosine_similarity(${embeddingSql(dimensions)}, $embedding::float[${dimensions}])::double, -1
       ) as similarity ${embeddedRowsSql}
       and ${rowCondition({ job, label, deleted: true })} ${condition}
       order by similarity desc, image_id limit $limit`,
      { model, preprocess, limit, embedding: listValue([...embedding]) },
      { embedding: LIST(DOUBLE) },
    );
  const hits = await search('');
  // Embeddings without a direction get -1 and so come last. Only if one is among the hits are they filtered out: always
  // filtering would double the time.
  const valid = (hits.at(-1)?.similarity ?? 0) > -1 ? hits : await search(`and ${hasDirectionSql(dimensions)}`);
  return valid.map(({ image_id, similarity }) => ({ image_id, similarity: clampCosine(similarity) }));
}
