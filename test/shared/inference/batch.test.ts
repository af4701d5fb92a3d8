import { describe, expect, it } from 'vitest';
import { paddedSize, stackCrops } from '../../../shared/inference/batch.ts';

describe('stackCrops', () => {
  it('copies crops one after another and pads with zeros to the next power of two', () => {
    const crops = [1, 2, 3].map((value) => new Uint8Array(12).fill(value));
    const { size, shape, pixels } = stackCrops(crops, 2, 2);
    expect({ size, shape }).toEqual({ size: 3, shape: [4, 2, 2, 3] });
    expect([...pixels]).toEqual([1, 2, 3, 0].flatMap((value) => Array.from({ length: 12 }, () => value)));
  });
});

describe('paddedSize', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [8, 8],
    [9, 16],
    [64, 64],
  ])('of %i is %i', (size, padded) => {
    expect(paddedSize(size)).toBe(padded);
  });
});
