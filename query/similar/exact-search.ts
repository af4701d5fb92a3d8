import { DOUBLE, LIST, listValue } from '@duckdb/node-api';
import { z } from 'zod';
import type { Results } from '../open-results.ts';
import { asCosine } from './check-embedding.ts';
import { type EmbeddingSpace, embeddedRows } from './embedded-images.ts';
import type { Hit } from './similarity.ts';

const hitsSchema = z.array(z.object({ image_id: z.string(), similarity: z.number() }));

/**
 * The most similar of all images, each compared with: one pass over the results that keeps nothing but the best.
 * @param embedding checked, see `checkEmbedding`
 */
export async function exactSearch(
  results: Results,
  { model, preprocess, dimensions }: EmbeddingSpace,
  embedding: Float32Array,
  limit: number,
): Promise<Hit[]> {
  // What has another length or no direction is similar to nothing: its NaN would come first.
  const reader = await results.connection.runAndReadAll(
    `select image_id, similarity from (
       select image_id, array_cosine_similarity(
         if(len(embedding) = ${dimensions}, embedding, null)::float[${dimensions}],
         $embedding::float[${dimensions}]
       )::double as similarity ${embeddedRows}
     ) where not isnan(similarity) order by similarity desc, image_id limit $limit`,
    { model, preprocess, limit, embedding: listValue([...embedding]) },
    { embedding: LIST(DOUBLE) },
  );
  return hitsSchema
    .parse(reader.getRowObjectsJS())
    .map(({ image_id, similarity }) => ({ image_id, similarity: asCosine(similarity) }));
}
