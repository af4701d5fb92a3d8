import { exactSearch, MetricKind } from 'usearch';
import type { Results } from '../../open/open-results.ts';
import { type EmbeddingSpace, embeddedRowsSql, hasDirectionSql } from '../embeddings/embedded-images.ts';
import { vectorsOf } from '../embeddings/vector-chunk.ts';
import { readNeighbors } from '../index/neighbors.ts';
import type { Corpus } from './corpus.ts';

const blockSize = 256;

/** A corpus held in memory, searched exactly. */
export async function memoryCorpus(
  results: Results,
  { model, preprocess, dimensions }: EmbeddingSpace,
): Promise<Corpus> {
  const chunks = results.streamChunks(
    `select image_id, embedding ${embeddedRowsSql} and ${hasDirectionSql(dimensions)}`,
    { model, preprocess },
  );
  const ids: string[] = [];
  const pieces: Float32Array[] = [];
  for await (const chunk of chunks) {
    const { imageIds, numbers } = vectorsOf(chunk, dimensions);
    ids.push(...imageIds);
    pieces.push(numbers);
  }
  const all = concatenated(pieces);
  return {
    images: ids.length,
    positions: ids.length,
    async *blocks() {
      for (let start = 0; start < ids.length; start += blockSize) {
        const positions = Array.from({ length: Math.min(blockSize, ids.length - start) }, (_, index) => start + index);
        yield { positions, numbers: all.subarray(start * dimensions, (start + positions.length) * dimensions) };
      }
    },
    nearest(numbers, limit) {
      const count = Math.min(limit, ids.length);
      // A copy, because the library ignores the offset of a view in its buffer.
      const matches = exactSearch(all, numbers.slice(), dimensions, count, MetricKind.Cos);
      return Array.from({ length: numbers.length / dimensions }, (_, query) =>
        readNeighbors(matches, query * count, count),
      );
    },
    async imageIds(positions) {
      return new Map(positions.map((position) => [position, ids[position] ?? '']));
    },
  };
}

function concatenated(pieces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
