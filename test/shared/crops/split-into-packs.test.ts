import { expect, it } from 'vitest';
import { splitIntoPacks } from '../../../shared/crops/split-into-packs.ts';

const limits = { bytes: 10, images: 3 };
const packs = (sizes: readonly number[]) => splitIntoPacks(sizes, (size) => size, limits);

it.each([
  ['nothing', [], []],
  ['one', [4], [[4]]],
  ['the maximum number', [1, 1, 1, 1], [[1, 1, 1], [1]]],
  ['the maximum size', [5, 5, 1], [[5, 5], [1]]],
  ['one over the limit, between others', [1, 11, 1], [[1], [11], [1]]],
])('splits %s into packs', (_, sizes, expected) => {
  expect(packs(sizes)).toEqual(expected);
});
