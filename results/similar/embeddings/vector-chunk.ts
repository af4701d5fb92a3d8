import type { DuckDBDataChunk } from '@duckdb/node-api';
import { floatLists } from '../../open/chunk-floats.ts';

export interface Vectors {
  readonly imageIds: readonly string[];
  /** The embeddings, concatenated: imageIds.length × dimensions. */
  readonly numbers: Float32Array;
}

/** Reads a chunk with the columns `image_id` and `embedding`; skips embeddings of another length. */
export function vectorsOf(chunk: DuckDBDataChunk, dimensions: number): Vectors {
  const { lists, numbers: items } = floatLists(chunk, 1);
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
