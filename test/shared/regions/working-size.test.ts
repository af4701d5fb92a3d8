import { describe, expect, it } from 'vitest';
import { scaleRegions, workingSize } from '../../../shared/regions/working-size.ts';

describe('the working size', () => {
  it.each([
    ['scales a photo down to a longer side of 300', { width: 4000, height: 3000 }, { width: 300, height: 225 }],
    ['scales a portrait by its height', { width: 500, height: 1000 }, { width: 150, height: 300 }],
    ['keeps a small image', { width: 259, height: 194 }, { width: 259, height: 194 }],
    ['keeps one pixel', { width: 1, height: 1 }, { width: 1, height: 1 }],
    ['keeps at least one pixel of a thin image', { width: 4000, height: 1 }, { width: 300, height: 1 }],
  ])('%s', (_, original, expected) => {
    expect(workingSize(original)).toEqual(expected);
  });
});

describe('scaling regions to the original', () => {
  const objectness = 0.5;

  it('rounds the edges to whole pixels', () => {
    const regions = [{ x: 10, y: 20, width: 31, height: 5, objectness }];
    expect(scaleRegions(regions, { width: 300, height: 225 }, { width: 1000, height: 750 })).toEqual([
      { x: 33, y: 67, width: 104, height: 16, objectness },
    ]);
  });

  it('keeps regions inside the original and at least one pixel wide', () => {
    const regions = [
      { x: 0, y: 0, width: 300, height: 1, objectness },
      { x: 299, y: 0, width: 1, height: 1, objectness },
    ];
    expect(scaleRegions(regions, { width: 300, height: 1 }, { width: 4001, height: 1 })).toEqual([
      { x: 0, y: 0, width: 4001, height: 1, objectness },
      { x: 3988, y: 0, width: 13, height: 1, objectness },
    ]);
    const smaller = scaleRegions(regions, { width: 300, height: 1 }, { width: 10, height: 3 });
    expect(smaller[1]).toEqual({ x: 9, y: 0, width: 1, height: 3, objectness });
  });
});
