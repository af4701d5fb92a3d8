import type { Neighbour } from './neighbours.ts';

/** Images of which each is compared with its neighbours. Each has a place, a number from 0 up. */
export interface Corpus {
  /** How many there are. */
  readonly images: number;
  /** Places end before this; some may be empty. */
  readonly places: number;
  /** Every image once, some at a time. */
  blocks(): AsyncIterable<Block>;
  /** The nearest of each query, itself among them; of every part `limit`, or all that are at least `min` similar. */
  nearest(numbers: Float32Array, limit: number, min: number): Neighbour[][];
  imageIds(places: readonly number[]): Promise<Map<number, string>>;
}

export interface Block {
  readonly places: readonly number[];
  /** One embedding after another. */
  readonly numbers: Float32Array;
}
