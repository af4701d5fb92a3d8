import { DOUBLE, LIST, listValue } from '@duckdb/node-api';
import { z } from 'zod';
import type { Results } from '../open/open-results.ts';
import { clampCosine } from './check-embedding.ts';
import { type EmbeddingSpace, embeddedRowsSql, embeddingSql, hasDirectionSql } from './embedded-images.ts';
import type { Hit, SearchOptions } from './similarity.ts';

const hitsSchema = z.array(z.object({ image_id: z.string(), similarity: z.number() }));

/**
 * The most similar of all images, each compared with: one pass over the results that keeps nothing but the best.
 * @param embedding checked, see `checkEmbedding`
 */
export async function exactSearch(
  results: Results,
  { model, preprocess, dimensions }: EmbeddingSpace,
  embedding: Float32Array,
  { limit, job, label }: SearchOptions,
): Promise<Hit[]> {
  const run = async (condition: string) => {
    const reader = await results.connection.runAndReadAll(
      `select image_id, coalesce(
         array_cosine_similarity(${embeddingSql(dimensions)}, $embedding::float[${dimensions}])::double, -1
       ) as similarity ${embeddedRowsSql}
       and ($job is null or job = $job) and ($label is null or $label in (label, label_id)) ${condition}
       order by similarity desc, image_id limit $limit`,
      { model, preprocess, limit, job: job ?? null, label: label ?? null, embedding: listValue([...embedding]) },
      { embedding: LIST(DOUBLE) },
    );
    return hitsSchema.parse(reader.getRowObjectsJS());
  };
  const hits = await run('');
  // Zeros and NaN are said to be opposite, and so come last; to look for them first would take twice as long.
  const sound = (hits.at(-1)?.similarity ?? 0) > -1 ? hits : await run(`and ${hasDirectionSql(dimensions)}`);
  return sound.map(({ image_id, similarity }) => ({ image_id, similarity: clampCosine(similarity) }));
}
