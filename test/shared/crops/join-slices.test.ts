import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinSlices } from '../../../shared/crops/join-slices.ts';

const mebibyte = 2 ** 20;
const ranges = (slices: readonly (readonly [number, number])[]) =>
  joinSlices(slices.map(([offset, length]) => ({ offset, length }))).map(({ offset, length }) => [offset, length]);

it('joins adjacent slices, in any order', () => {
  expect(
    ranges([
      [20, 10],
      [0, 10],
      [10, 10],
    ]),
  ).toEqual([[0, 30]]);
});

it('joins slices across a small gap, but not across a large one', () => {
  expect(
    ranges([
      [0, 10],
      [10 + mebibyte, 10],
    ]),
  ).toEqual([[0, 20 + mebibyte]]);
  expect(
    ranges([
      [0, 10],
      [11 + mebibyte, 10],
    ]),
  ).toEqual([
    [0, 10],
    [11 + mebibyte, 10],
  ]);
});

it('reads equal and nested slices once', () => {
  expect(
    ranges([
      [0, 100],
      [0, 100],
      [10, 5],
    ]),
  ).toEqual([[0, 100]]);
});

it('limits the length of a read, but never cuts a slice', () => {
  const large = 10 * mebibyte;
  expect(
    ranges([
      [0, large],
      [large, large],
      [2 * large, 5 * large],
    ]),
  ).toEqual([
    [0, large],
    [large, large],
    [2 * large, 5 * large],
  ]);
});

it('puts every slice into exactly one range that contains it', () => {
  const slice = fc.record({ offset: fc.nat(40 * mebibyte), length: fc.integer({ min: 1, max: 2 * mebibyte }) });
  fc.assert(
    fc.property(fc.array(slice, { maxLength: 12 }), (slices) => {
      const joined = joinSlices(slices);
      const inside = joined.flatMap(({ offset, length, slices: inRange }) =>
        inRange.filter((slice) => slice.offset >= offset && slice.offset + slice.length <= offset + length),
      );
      expect(new Set(inside)).toEqual(new Set(slices));
      expect(inside).toHaveLength(slices.length);
    }),
  );
});
