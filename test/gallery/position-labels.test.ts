import { describe, expect, it } from 'vitest';
import { positionActiveLabel, positionLabel, type Rectangle } from '../../gallery/page/position-labels.ts';

const picture = { width: 400, height: 300 };
const label = { width: 100, height: 20 };
const rectangle = (left: number, top: number, width: number, height: number): Rectangle => ({
  ...{ left, top, width, height },
});

describe('the label of a box', () => {
  it.each([
    ['inside a large box', rectangle(50, 50, 200, 200), [50, 50]],
    ['above a low box, which it would hide', rectangle(50, 50, 200, 30), [50, 30]],
    ['below a low box at the upper edge', rectangle(50, 5, 200, 30), [50, 35]],
    ['at the right corner of a narrow box at the right edge', rectangle(360, 100, 40, 150), [300, 100]],
  ])('is %s', (_where, box, [left, top]) => {
    expect(positionLabel(box, label, { picture, taken: [] })).toEqual({ left, top, ...label });
  });

  it('covers no other label', () => {
    const box = rectangle(0, 0, 390, 290);
    const taken: Rectangle[] = [];
    for (let index = 0; index < 4; index += 1) {
      const place = positionLabel(box, label, { picture, taken });
      if (place !== undefined) taken.push(place);
    }
    expect(taken.map(({ left, top }) => [left, top])).toEqual([
      [0, 0],
      [290, 0],
      [0, 270],
      [290, 270],
    ]);
    expect(positionLabel(box, label, { picture, taken })).toBeUndefined();
  });

  it('is left out if it does not fit into the picture', () => {
    expect(positionLabel(rectangle(0, 0, 90, 30), label, { picture: { width: 90, height: 30 }, taken: [] })).toBe(
      undefined,
    );
  });
});

describe('the label of the highlighted box', () => {
  it.each([
    ['above the box', rectangle(50, 50, 200, 200), [50, 30, 100]],
    ['below a box at the upper edge', rectangle(50, 0, 200, 200), [50, 200, 100]],
    ['inside a box as high as the picture', rectangle(50, 0, 200, 300), [50, 0, 100]],
    ['moved into the picture from a tiny box in the corner', rectangle(396, 296, 4, 4), [300, 276, 100]],
  ])('is %s', (_where, box, [left, top, width]) => {
    expect(positionActiveLabel(box, label, picture)).toEqual({ left, top, width, height: 20 });
  });

  it('is as wide as the picture at most', () => {
    const small = { width: 60, height: 40 };
    expect(positionActiveLabel(rectangle(10, 0, 40, 40), label, small)).toEqual({
      left: 0,
      top: 0,
      width: 60,
      height: 20,
    });
  });
});
