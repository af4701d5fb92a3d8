import { describe, expect, it } from 'vitest';
import { isSameObject } from '../../../shared/regions/same-object.ts';

const box = { x: 0, y: 0, width: 100, height: 100 };
/** Its intersection over union with `box` is that of intervals: (100 - x) / (100 + x). */
const shifted = (x: number) => ({ ...box, x });
const sameLabel = { haveSameLabel: true };
const otherLabel = { haveSameLabel: false };

describe('two regions are one object', () => {
  it('with one label above an overlap of 0.3', () => {
    expect(isSameObject(box, shifted(53), sameLabel)).toBe(true);
    expect(isSameObject(box, shifted(55), sameLabel)).toBe(false);
  });

  it('with one label if 0.7 of the smaller one is inside the other, in either order', () => {
    const small = (x: number) => ({ x, y: 0, width: 10, height: 10 });
    for (const [x, expected] of [
      [92, true],
      [94, false],
    ] as const) {
      expect(isSameObject(box, small(x), sameLabel)).toBe(expected);
      expect(isSameObject(small(x), box, sameLabel)).toBe(expected);
    }
  });

  it('with two labels above an overlap of 0.5, whatever is inside', () => {
    expect(isSameObject(box, { ...box, width: 50 }, otherLabel)).toBe(false);
    expect(isSameObject(box, shifted(32), otherLabel)).toBe(true);
    expect(isSameObject(box, shifted(34), otherLabel)).toBe(false);
    expect(isSameObject(box, { x: 10, y: 10, width: 30, height: 30 }, otherLabel)).toBe(false);
  });
});
