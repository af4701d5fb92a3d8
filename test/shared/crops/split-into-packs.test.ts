import { expect, it } from 'vitest';
import { splitIntoPacks } from '../../../shared/crops/split-into-packs.ts';

const limits = { bytes: 10, images: 3 };
const packs = (sizes: readonly number[]) => splitIntoPacks(sizes, (size) => size, limits);

it.each([
  ['nothing', [], []],
  ['one', [4], [[4]]],
  ['as many as may be', [1, 1, 1, 1], [[1, 1, 1], [1]]],
  ['as much as may be', [5, 5, 1], [[5, 5], [1]]],
  ['one that alone is larger, between others', [1, 11, 1], [[1], [11], [1]]],
])('packs %s', (_, sizes, expected) => {
  expect(packs(sizes)).toEqual(expected);
});
