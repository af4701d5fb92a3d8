import { describe, expect, it } from 'vitest';
import { eraseRectangle } from '../../../../model/train/samples/erase-rectangle.ts';
import { seededRandom } from '../../../../shared/random/seeded-random.ts';

const size = { height: 20, width: 30, channels: 3 };
const bytes = size.height * size.width * size.channels;

/** Rows and columns with a changed byte, and the share of the image that they enclose. */
function erased(seed: number) {
  const pixels = new Uint8Array(bytes);
  eraseRectangle(pixels, 0, size, seededRandom(seed));
  const changed = [...pixels.keys()].filter((index) => pixels[index] !== 0);
  const pixelOf = (index: number) => Math.floor(index / size.channels);
  const rows = new Set(changed.map((index) => Math.floor(pixelOf(index) / size.width)));
  const columns = new Set(changed.map((index) => pixelOf(index) % size.width));
  return { pixels, changed, rows: rows.size, columns: columns.size };
}

describe('eraseRectangle', () => {
  it('fills one rectangle of 2 to 40 % of the image, with an aspect ratio up to 10/3', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const { changed, rows, columns } = erased(seed);
      const area = (rows * columns) / (size.height * size.width);
      // Sides are rounded to whole pixels.
      expect(area).toBeGreaterThan(0.01);
      expect(area).toBeLessThan(0.44);
      expect(Math.max(rows / columns, columns / rows)).toBeLessThan(4);
      // Nothing outside of the rectangle changes, and few of the random bytes inside are 0.
      expect(changed.length).toBeGreaterThan(0.9 * rows * columns * size.channels);
    }
  });

  it('erases with all values and at all places', () => {
    const all = Array.from({ length: 300 }, (_, seed) => erased(seed + 1));
    const values = new Set(all.flatMap(({ pixels }) => [...pixels]));
    expect(values.size).toBe(256);
    const places = new Set(all.flatMap(({ changed }) => changed));
    expect(places.size).toBe(bytes);
  });

  it('changes only the image at the offset', () => {
    const images = new Uint8Array(3 * bytes);
    eraseRectangle(images, bytes, size, seededRandom(1));
    expect(images.subarray(0, bytes).every((value) => value === 0)).toBe(true);
    expect(images.subarray(2 * bytes).every((value) => value === 0)).toBe(true);
    expect(images.subarray(bytes, 2 * bytes)).toEqual(erased(1).pixels);
  });

  it('leaves an image of one row alone when no rectangle fits', () => {
    const pixels = new Uint8Array(1);
    eraseRectangle(pixels, 0, { height: 1, width: 1, channels: 1 }, seededRandom(1));
    expect(pixels).toEqual(Uint8Array.of(0));
  });
});
