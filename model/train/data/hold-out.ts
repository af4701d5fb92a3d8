import { shuffle } from '../../finetune/seeded-random.ts';
import { randomAt } from '../samples/random-numbers.ts';

/**
 * Keeps a share of each label's images for validation, drawn by a seed; a label of one image keeps it for training.
 * @returns indices of the images for either purpose, in ascending order
 */
export function holdOut(classes: Uint16Array, share: number, seed: number): { train: number[]; validation: number[] } {
  const byClass = Map.groupBy(classes.keys(), (index) => classes[index] ?? 0);
  const validation = [...byClass].flatMap(([label, indices]) => {
    const count = Math.min(indices.length - 1, Math.round(indices.length * share));
    return shuffle(indices, randomAt(seed, 3, label)).slice(0, count);
  });
  const held = new Set(validation);
  return {
    train: [...classes.keys()].filter((index) => !held.has(index)),
    validation: validation.sort((a, b) => a - b),
  };
}
