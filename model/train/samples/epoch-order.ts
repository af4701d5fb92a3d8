import { shuffle } from '../../../shared/random/seeded-random.ts';
import { randomAt } from './random-numbers.ts';

/** The order of the images in an epoch, different in each. */
export function epochOrder(count: number, epoch: number, seed: number): number[] {
  return shuffle([...Array(count).keys()], randomAt(seed, 1, epoch));
}
