import { shuffle } from '../../finetune/seeded-random.ts';
import { randomAt } from './random-numbers.ts';

/** The order in which an epoch takes the images: whole batches, another order each time; the rest waits for the next. */
export function epochOrder(count: number, epoch: number, seed: number): number[] {
  return shuffle([...Array(count).keys()], randomAt(seed, 1, epoch));
}
