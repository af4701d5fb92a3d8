import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { referenceImage } from '../../../shared/models/reference-image.ts';

describe('the reference image', () => {
  it('never changes, because manifests hold outputs for it', () => {
    const digest = createHash('sha256')
      .update(referenceImage([224, 224, 3]))
      .digest('hex');
    expect(digest.slice(0, 16)).toBe('de0937e4734119b6');
  });

  it('fits a network of any size', () => {
    for (const [height, width] of [
      [1, 1],
      [28, 28],
      [32, 48],
    ] as const) {
      expect(referenceImage([height, width, 3])).toHaveLength(height * width * 3);
    }
  });

  it('changes when axes, channels or sides are swapped', () => {
    const size = 32;
    const image = referenceImage([size, size, 3]);
    const at = (row: number, column: number, channel: number) => image[(row * size + column) * 3 + channel] ?? -1;
    const distance = (swapped: typeof at) => {
      let sum = 0;
      for (let row = 0; row < size; row += 1) {
        for (let column = 0; column < size; column += 1) {
          for (const channel of [0, 1, 2]) sum += Math.abs(at(row, column, channel) - swapped(row, column, channel));
        }
      }
      return sum / image.length;
    };
    // The 5 bits of noise alone differ by about 10 between positions.
    expect(distance((row, column, channel) => at(column, row, channel))).toBeGreaterThan(20);
    expect(distance((row, column, channel) => at(row, column, 2 - channel))).toBeGreaterThan(20);
    expect(distance((row, column, channel) => at(row, size - 1 - column, channel))).toBeGreaterThan(9);
    expect(distance((row, column, channel) => at(size - 1 - row, column, channel))).toBeGreaterThan(9);
  });
});
