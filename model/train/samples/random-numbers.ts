import { seededRandom } from '../../finetune/seeded-random.ts';

/**
 * Random numbers of one purpose at one time, the same whenever training comes there: a run that was resumed goes on as the
 * one that was not interrupted would have.
 * @param places whole numbers that name the purpose and time
 */
export function randomAt(seed: number, ...places: readonly number[]): () => number {
  let mixed = seed >>> 0;
  for (const place of places) {
    mixed = Math.imul(mixed ^ place, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    mixed ^= mixed >>> 16;
  }
  return seededRandom(mixed);
}
