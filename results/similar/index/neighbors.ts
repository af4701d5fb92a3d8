import { clampCosine } from '../embeddings/check-embedding.ts';
import type { OpenShard } from './open-shards.ts';

/** An image and its similarity to a query. */
export interface Neighbor {
  /** In a shard the ordinal of the image. */
  readonly position: number;
  /** -1 to 1. */
  readonly similarity: number;
}

/** The library's answer to one or several queries. */
export interface Matches {
  readonly keys: BigUint64Array;
  readonly distances: Float32Array;
}

/** The `count` neighbors from index `start` of an answer. */
export function readNeighbors({ keys, distances }: Matches, start: number, count: number): Neighbor[] {
  return Array.from(keys.subarray(start, start + count), (key, index) => ({
    position: Number(key),
    similarity: clampCosine(1 - (distances[start + index] ?? 1)),
  }));
}

/**
 * The nearest live images of a shard. Searches for more until enough of them are live.
 * @param min ends the search once the farthest neighbor is less similar than this
 */
export function nearestInShard(
  { index, live }: OpenShard,
  embedding: Float32Array,
  limit: number,
  min = Number.NEGATIVE_INFINITY,
): Neighbor[] {
  for (let goal = limit; ; goal *= 4) {
    const count = Math.min(goal, live.length);
    const matches = index.search(embedding, count, 1);
    const all = readNeighbors(matches, 0, matches.keys.length);
    const alive = all.filter(({ position }) => live[position] === 1);
    const isFar = (all.at(-1)?.similarity ?? min) < min;
    if (alive.length >= limit || count === live.length || isFar) return alive.slice(0, limit);
  }
}

/**
 * The nearest live images of a shard for several queries, on several threads: `limit` of each, or all with at least the
 * similarity `min`.
 * @param numbers the queries, concatenated
 */
export function nearestToEach(
  shard: OpenShard,
  numbers: Float32Array,
  { limit, min, threads }: { readonly limit: number; readonly min: number; readonly threads: number },
): Neighbor[][] {
  const { index, live } = shard;
  const count = Math.min(limit, live.length);
  const dimensions = index.dimensions();
  const { keys, distances, ...rest } = index.search(numbers, count, threads);
  const counts = 'counts' in rest && rest.counts instanceof BigUint64Array ? rest.counts : undefined;
  return Array.from({ length: numbers.length / dimensions }, (_, query) => {
    const all = readNeighbors({ keys, distances }, query * count, Number(counts?.[query] ?? keys.length));
    const alive = all.filter(({ position }) => live[position] === 1);
    // Only deleted images can hide near ones: without them a wider search finds nothing more.
    if (alive.length === all.length || (all.at(-1)?.similarity ?? -1) < min) return alive;
    return nearestInShard(shard, numbers.subarray(query * dimensions, (query + 1) * dimensions), limit, min);
  });
}
