import { listValue } from '@duckdb/node-api';
import { z } from 'zod';
import { listColumn } from '../open/chunk-floats.ts';
import type { Results } from '../open/open-results.ts';
import type { Computation } from './finished-images.ts';

/** What results know of an image that somebody named. */
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
 * The images that names stand for, be they ids or keys, as one model saw them; a key may stand for several.
 * @throws {UserError} naming a part that cannot be read
 */
export async function findImagesByName(
  results: Results,
  { model, preprocess }: Computation,
  names: readonly string[],
): Promise<NamedImage[]> {
  const run = async () => {
    const reader = await results.connection.runAndReadAll(
      `with wanted as (select distinct unnest($names) as name)
       select distinct name, bucket || '/' || key || '@' || coalesce(etag, '') as image, status, reason
       from results join wanted on image_id = name or key = name
       where model = $model and preprocess = $preprocess`,
      { model, preprocess, names: listValue([...names]) },
    );
    return namedSchema.parse(reader.getRowObjectsJS());
  };
  return run().catch(async (error: unknown) => {
    throw await results.explain(error);
  });
}

/**
 * Embeddings of images as one model saw them, where they are stored; deleted images too, since what was computed of them
 * still holds.
 * @param images as `bucket/key@etag`
 * @param size numbers in an embedding
 * @throws {UserError} naming a part that cannot be read
 */
export async function readEmbeddings(
  results: Results,
  { model, preprocess }: Computation,
  images: readonly string[],
  size: number,
): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>();
  try {
    const stream = await results.connection.stream(
      `select bucket || '/' || key || '@' || etag, embedding from results
       where model = $model and preprocess = $preprocess and embedding is not null and len(embedding) = $size
       and bucket || '/' || key || '@' || etag in (select unnest($images))`,
      { model, preprocess, size, images: listValue([...images]) },
    );
    for await (const chunk of stream) {
      const embeddings = listColumn(chunk, 1, size);
      for (const [row, image] of chunk.getColumnValues(0).entries()) {
        found.set(String(image), embeddings.subarray(row * size, (row + 1) * size));
      }
    }
  } catch (error) {
    throw await results.explain(error);
  }
  return found;
}
