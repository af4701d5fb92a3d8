import { listValue } from '@duckdb/node-api';
import { z } from 'zod';
import { listColumn } from '../open/chunk-floats.ts';
import type { Results } from '../open/open-results.ts';
import type { Computation } from './computation.ts';

/** The row of an image that was named by its id or key. */
export interface NamedImage {
  readonly name: string;
  /** `bucket/key@etag`. */
  readonly image: string;
  readonly status: string;
  readonly reason: string | null;
}

const namedSchema = z.array(
  z.object({ name: z.string(), image: z.string(), status: z.string(), reason: z.string().nullable() }),
);

/**
 * Finds images of one model by id or key. A key may match several.
 * @throws {UserError} naming a part that cannot be read
 */
export async function findImagesByName(
  results: Results,
  { model, preprocess }: Computation,
  names: readonly string[],
): Promise<NamedImage[]> {
  return results.query(
    namedSchema,
    `with named as (select distinct unnest($names) as name)
     select distinct name, bucket || '/' || key || '@' || coalesce(etag, '') as image, status, reason
     from results join named on image_id = name or key = name
     where model = $model and preprocess = $preprocess`,
    { model, preprocess, names: listValue([...names]) },
  );
}

/**
 * Reads stored embeddings of one model, those of deleted images too: what was computed of their bytes is still valid.
 * @param images as `bucket/key@etag`; those without an embedding are missing in the result
 * @param size numbers per embedding
 * @throws {UserError} naming a part that cannot be read
 */
export async function readEmbeddings(
  results: Results,
  { model, preprocess }: Computation,
  images: readonly string[],
  size: number,
): Promise<Map<string, Float32Array>> {
  const embeddings = new Map<string, Float32Array>();
  const chunks = results.streamChunks(
    `select bucket || '/' || key || '@' || etag, embedding from results
     where model = $model and preprocess = $preprocess and embedding is not null and len(embedding) = $size
     and bucket || '/' || key || '@' || etag in (select unnest($images))`,
    { model, preprocess, size, images: listValue([...images]) },
  );
  for await (const chunk of chunks) {
    const numbers = listColumn(chunk, 1, size);
    for (const [row, image] of chunk.getColumnValues(0).entries()) {
      embeddings.set(String(image), numbers.subarray(row * size, (row + 1) * size));
    }
  }
  return embeddings;
}
