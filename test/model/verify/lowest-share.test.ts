import { expect, it } from 'vitest';
import { lowestShare } from '../../../model/verify/lowest-share.ts';

// Reference: Newcombe 1998, Statistics in Medicine 17, table I, method 3.
it.each([
  [81, 263, 0.2553],
  [15, 148, 0.0624],
  [0, 20, 0],
  [1, 29, 0.0061],
])('is the lower bound of the interval of Wilson: %i of %i', (count, images, bound) => {
  expect(lowestShare(count / images, images)).toBeCloseTo(bound, 4);
});

it('is far below 1 for a few images, and closer for many', () => {
  expect([8, 34, 100, 1000].map((images) => lowestShare(1, images).toFixed(3))).toEqual([
    '0.676',
    '0.898',
    '0.963',
    '0.996',
  ]);
});
