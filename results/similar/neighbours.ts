import { clampCosine } from './check-embedding.ts';
import type { OpenShard } from './open-shards.ts';

/** An image by its place, and how similar it is to the one that was asked with. */
export interface Neighbour {
  readonly place: number;
  /** -1 to 1. */
  readonly similarity: number;
}

/** What the library answers, for one query or for several. */
export interface Matches {
  readonly keys: BigUint64Array;
  readonly distances: Float32Array;
}

/** One query's part of an answer: `count` entries from `start`. */
export function readNeighbours({ keys, distances }: Matches, start: number, count: number): Neighbour[] {
  return Array.from(keys.subarray(start, start + count), (key, index) => ({
    place: Number(key),
    similarity: clampCosine(1 - (distances[start + index] ?? 1)),
  }));
}

/**
 * The nearest live images of a shard by ordinal; more are asked for as long as too few of the nearest are live.
 * @param min once the farthest is less similar than this, no more are asked for
 */
export function nearestInShard(
  { index, live }: OpenShard,
  embedding: Float32Array,
  limit: number,
  min = Number.NEGATIVE_INFINITY,
): Neighbour[] {
  for (let wanted = limit; ; wanted *= 4) {
    const asked = Math.min(wanted, live.length);
    const matches = index.search(embedding, asked, 1);
    const all = readNeighbours(matches, 0, matches.keys.length);
    const found = all.filter(({ place }) => live[place] === 1);
    const isFar = (all.at(-1)?.similarity ?? min) < min;
    if (found.length >= limit || asked === live.length || isFar) return found.slice(0, limit);
  }
}

/**
 * The nearest live images of a shard by ordinal, for several queries at once, on several threads: `limit` of each, or all
 * that are at least `min` similar.
 * @param numbers one query after another
 */
export function nearestToEach(
  shard: OpenShard,
  numbers: Float32Array,
  { limit, min, threads }: { readonly limit: number; readonly min: number; readonly threads: number },
): Neighbour[][] {
  const { index, live } = shard;
  const count = Math.min(limit, live.length);
  const dimensions = index.dimensions();
  const { keys, distances, ...rest } = index.search(numbers, count, threads);
  const counts = 'counts' in rest && rest.counts instanceof BigUint64Array ? rest.counts : undefined;
  return Array.from({ length: numbers.length / dimensions }, (_, query) => {
    const found = readNeighbours({ keys, distances }, query * count, Number(counts?.[query] ?? keys.length));
    const alive = found.filter(({ place }) => live[place] === 1);
    // Farther ones are worth a search of their own only where the dead have taken the places of near ones.
    if (alive.length === found.length || (found.at(-1)?.similarity ?? -1) < min) return alive;
    return nearestInShard(shard, numbers.subarray(query * dimensions, (query + 1) * dimensions), limit, min);
  });
}
