import { seededRandom } from '../../../shared/random/seeded-random.ts';

/**
 * Random numbers for one purpose and step. They do not depend on what was drawn before, so a resumed training is identical
 * to an uninterrupted one.
 * @param keys integers that identify the purpose and the step
 */
export function randomAt(seed: number, ...keys: readonly number[]): () => number {
  let mixed = seed >>> 0;
  for (const key of keys) {
    mixed = Math.imul(mixed ^ key, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    mixed ^= mixed >>> 16;
  }
  return seededRandom(mixed);
}
