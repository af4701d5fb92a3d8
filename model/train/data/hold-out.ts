import { shuffle } from '../../../shared/random/seeded-random.ts';
import { randomAt } from '../samples/random-numbers.ts';

/**
 * Holds out a share of the images of each label for validation. The only image of a label stays in the training set.
 * @returns indices of the images of both sets, in ascending order
 */
export function holdOut(classes: Uint16Array, share: number, seed: number): { train: number[]; validation: number[] } {
  const byClass = Map.groupBy(classes.keys(), (index) => classes[index] ?? 0);
  const validation = [...byClass].flatMap(([label, indices]) => {
    const count = Math.min(indices.length - 1, Math.round(indices.length * share));
    return shuffle(indices, randomAt(seed, 3, label)).slice(0, count);
  });
  const heldOut = new Set(validation);
  return {
    train: [...classes.keys()].filter((index) => !heldOut.has(index)),
    validation: validation.sort((a, b) => a - b),
  };
}
