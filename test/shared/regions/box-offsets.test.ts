import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxOffsets, moveBox } from '../../../shared/regions/box-offsets.ts';

const image = { width: 640, height: 480 };

describe('moveBox', () => {
  it('moves a box onto the box that the offsets were computed for', () => {
    const box = fc
      .tuple(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 440 }), fc.nat(39), fc.nat(39))
      .map(([x, y, width, height]) => ({ x, y, width: width + 1, height: height + 1 }));
    fc.assert(
      fc.property(box, box, (from, to) => {
        const ratios = [to.width / from.width, to.height / from.height];
        fc.pre(ratios.every((ratio) => ratio <= 4 && ratio >= 1 / 4));
        expect(moveBox(from, boxOffsets(from, to), image)).toEqual(to);
      }),
    );
  });

  it('clips the moved box to the image', () => {
    const box = { x: 600, y: 440, width: 40, height: 40 };
    expect(moveBox(box, [0.5, 0.5, 0, 0], image)).toEqual({ x: 620, y: 460, width: 20, height: 20 });
  });

  it('keeps a box that would leave the image or has no finite offsets', () => {
    const box = { x: 600, y: 440, width: 40, height: 40 };
    expect(moveBox(box, [5, 0, 0, 0], image)).toEqual(box);
    expect(moveBox(box, [0, Number.NaN, 0, 0], image)).toEqual(box);
  });

  it('limits how much a side grows or shrinks', () => {
    const box = { x: 300, y: 200, width: 40, height: 40 };
    expect(moveBox(box, [0, 0, 50, -50], image)).toEqual({ x: 240, y: 215, width: 160, height: 10 });
  });

  it('moves a box also if less than a pixel of it is left', () => {
    expect(moveBox({ x: 0, y: 0, width: 1, height: 1 }, [2.7, 0, -5, 0], image)).toMatchObject({ x: 3, width: 1 });
  });

  it('returns whole pixels, at least one wide and high, inside the image', () => {
    const offset = fc.double({ min: -3, max: 3, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(offset, offset, offset, offset), (offsets) => {
        const moved = moveBox({ x: 639, y: 479, width: 1, height: 1 }, offsets, image);
        expect(Object.values(moved).every(Number.isInteger)).toBe(true);
        expect(moved.width >= 1 && moved.height >= 1 && moved.x >= 0 && moved.y >= 0).toBe(true);
        expect(moved.x + moved.width <= 640 && moved.y + moved.height <= 480).toBe(true);
      }),
    );
  });
});
