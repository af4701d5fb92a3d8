import { listValue } from '@duckdb/node-api';
import { z } from 'zod';
import type { Results } from '../../open/open-results.ts';
import { type EmbeddingSpace, embeddedRowsSql } from '../embeddings/embedded-images.ts';
import type { DescribedHit, Hit } from './similarity.ts';

const rowsSchema = z.array(
  z.object({
    image_id: z.string(),
    bucket: z.string(),
    key: z.string(),
    job: z.string(),
    label: z.string().nullable(),
    label_id: z.string().nullable(),
    probability: z.number().nullable(),
  }),
);

/** Adds the columns of their rows to hits, in the same order. */
export async function describeHits(
  results: Results,
  { model, preprocess }: Pick<EmbeddingSpace, 'model' | 'preprocess'>,
  hits: readonly Hit[],
): Promise<DescribedHit[]> {
  if (hits.length === 0) return [];
  const found = await results.query(
    rowsSchema,
    `select image_id, bucket, key, job, label, label_id, probability ${embeddedRowsSql}
     and image_id in (select unnest($ids))`,
    { model, preprocess, ids: listValue(hits.map(({ image_id }) => image_id)) },
  );
  const rows = new Map(found.map((row) => [row.image_id, row]));
  return hits.flatMap((hit) => {
    const row = rows.get(hit.image_id);
    return row === undefined ? [] : [{ ...row, similarity: hit.similarity }];
  });
}
