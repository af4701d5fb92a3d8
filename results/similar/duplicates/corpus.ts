import type { Neighbor } from '../index/neighbors.ts';

/** The images among which near-duplicates are searched. Each has a position, a number from 0. */
export interface Corpus {
  readonly images: number;
  /** All positions are less than this; some may be unused. */
  readonly positions: number;
  /** Every image once, in blocks. */
  blocks(): AsyncIterable<Block>;
  /**
   * The nearest images of each query, the query itself included: `limit` of each shard, or all with at least the
   * similarity `min`.
   */
  nearest(numbers: Float32Array, limit: number, min: number): Neighbor[][];
  imageIds(positions: readonly number[]): Promise<Map<number, string>>;
}

export interface Block {
  readonly positions: readonly number[];
  /** The embeddings, concatenated. */
  readonly numbers: Float32Array;
}
