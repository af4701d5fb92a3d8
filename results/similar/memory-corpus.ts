import { exactSearch, MetricKind } from 'usearch';
import type { Results } from '../open/open-results.ts';
import type { Corpus } from './corpus.ts';
import { type EmbeddingSpace, embeddedRowsSql, hasDirectionSql } from './embedded-images.ts';
import { readNeighbours } from './neighbours.ts';
import { vectorsOf } from './vector-chunk.ts';

const blockSize = 256;

/** Few images, all held in memory, each compared with each. */
export async function memoryCorpus(
  results: Results,
  { model, preprocess, dimensions }: EmbeddingSpace,
): Promise<Corpus> {
  const result = await results.connection.run(
    `select image_id, embedding ${embeddedRowsSql} and ${hasDirectionSql(dimensions)}`,
    { model, preprocess },
  );
  const ids: string[] = [];
  const parts: Float32Array[] = [];
  for await (const chunk of result) {
    const { imageIds, numbers } = vectorsOf(chunk, dimensions);
    ids.push(...imageIds);
    parts.push(numbers);
  }
  const all = joined(parts);
  return {
    images: ids.length,
    places: ids.length,
    async *blocks() {
      for (let start = 0; start < ids.length; start += blockSize) {
        const places = Array.from({ length: Math.min(blockSize, ids.length - start) }, (_, index) => start + index);
        yield { places, numbers: all.subarray(start * dimensions, (start + places.length) * dimensions) };
      }
    },
    nearest(numbers, limit) {
      const count = Math.min(limit, ids.length);
      // A copy: the library reads a window from the beginning of its buffer.
      const matches = exactSearch(all, numbers.slice(), dimensions, count, MetricKind.Cos);
      return Array.from({ length: numbers.length / dimensions }, (_, query) =>
        readNeighbours(matches, query * count, count),
      );
    },
    async imageIds(places) {
      return new Map(places.map((place) => [place, ids[place] ?? '']));
    },
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
