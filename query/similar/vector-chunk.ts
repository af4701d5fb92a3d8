import { type DuckDBDataChunk, DuckDBListVector } from '@duckdb/node-api';
import { z } from 'zod';

/** Embeddings of some images, row by row in one array. */
export interface Vectors {
  readonly imageIds: readonly string[];
  /** imageIds.length × dimensions. */
  readonly numbers: Float32Array;
}

/** The binding hands numbers out one by one; the array that they lie in is not in its types. */
const numbersSchema = z.object({ items: z.instanceof(Float32Array) });

/** A chunk with the columns `image_id` and `embedding`, without the rows whose embedding has another length. */
export function vectorsOf(chunk: DuckDBDataChunk, dimensions: number): Vectors {
  const lists = chunk.getColumnVector(1);
  if (!(lists instanceof DuckDBListVector)) throw new TypeError('expected a column of lists');
  const { items } = numbersSchema.parse(lists.childVector);
  const numbers = new Float32Array(chunk.rowCount * dimensions);
  const imageIds: string[] = [];
  for (const [row, imageId] of chunk.getColumnValues(0).entries()) {
    if (lists.getEntryLength(row) !== dimensions) continue;
    const start = lists.getEntryOffset(row);
    numbers.set(items.subarray(start, start + dimensions), imageIds.length * dimensions);
    imageIds.push(String(imageId));
  }
  return { imageIds, numbers: numbers.subarray(0, imageIds.length * dimensions) };
}
