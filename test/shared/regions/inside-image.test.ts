import { describe, expect, it } from 'vitest';
import { isInside, pixelSpan } from '../../../shared/regions/inside-image.ts';

const image = { width: 40, height: 30 };

describe('a box', () => {
  it.each([
    ['that is the whole image', { x: 0, y: 0, width: 40, height: 30 }, true],
    ['in a corner', { x: 39, y: 29, width: 1, height: 1 }, true],
    ['beyond the right edge', { x: 1, y: 0, width: 40, height: 30 }, false],
    ['beyond the lower edge', { x: 0, y: 1, width: 40, height: 30 }, false],
    ['beyond the left edge', { x: -1, y: 0, width: 4, height: 3 }, false],
    ['beyond the upper edge', { x: 0, y: -1, width: 4, height: 3 }, false],
    ['without width', { x: 3, y: 3, width: 0, height: 3 }, false],
    ['without height', { x: 3, y: 3, width: 3, height: 0 }, false],
  ])('%s is inside the image or not', (_, box, expected) => {
    expect(isInside(box, image)).toBe(expected);
  });
});

describe('the pixels of a side', () => {
  it.each([
    ['are between the nearest ends', [2.4, 7.6], [2, 6]],
    ['are one if both ends are in it', [3.1, 3.2], [3, 1]],
    ['begin in the image', [-5, 2], [0, 2]],
    ['end in the image', [35, 90], [35, 5]],
    ['are the last one for a side beyond the image', [50, 60], [39, 1]],
    ['are the first one for a side before the image', [-9, -4], [0, 1]],
  ] as const)('%s', (_, [start, end], expected) => {
    expect(pixelSpan(start, end, 40)).toEqual(expected);
  });
});
