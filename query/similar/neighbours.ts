import type { Index } from 'usearch';
import { asCosine } from './check-embedding.ts';
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
export function neighboursIn({ keys, distances }: Matches, start: number, count: number): Neighbour[] {
  return Array.from(keys.subarray(start, start + count), (key, index) => ({
    place: Number(key),
    similarity: asCosine(1 - (distances[start + index] ?? 1)),
  }));
}

/** The nearest live images of a shard by ordinal; more are asked for as long as too few of the nearest are live. */
export function nearestInShard({ index, live }: OpenShard, embedding: Float32Array, limit: number): Neighbour[] {
  for (let wanted = limit; ; wanted *= 4) {
    const asked = Math.min(wanted, live.length);
    const matches = index.search(embedding, asked, 1);
    const found = neighboursIn(matches, 0, matches.keys.length).filter(({ place }) => live[place] === 1);
    if (found.length >= limit || asked === live.length) return found.slice(0, limit);
  }
}

/** The nearest of an index for several queries at once, on several threads. @param numbers one query after another */
export function nearestOfEach(index: Index, numbers: Float32Array, limit: number, threads: number): Neighbour[][] {
  const count = Math.min(limit, index.size());
  const queries = numbers.length / index.dimensions();
  const { keys, distances, ...rest } = index.search(numbers, count, threads);
  const counts = 'counts' in rest && rest.counts instanceof BigUint64Array ? rest.counts : undefined;
  return Array.from({ length: queries }, (_, query) =>
    neighboursIn({ keys, distances }, query * count, Number(counts?.[query] ?? keys.length)),
  );
}
