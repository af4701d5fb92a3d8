import { describe, expect, it } from 'vitest';
import { cutRegions, withContext } from '../../../shared/regions/cut-regions.ts';

const mean = [1, 2, 3] as const;
const square = (side: number) => ({ width: side, height: side, mean });

/** Red grows by 2 for each column, green by 2 for each row. */
function ramp(width: number, height: number) {
  const pixels = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    pixels[pixel * 3] = (pixel % width) * 2;
    pixels[pixel * 3 + 1] = Math.floor(pixel / width) * 2;
    pixels[pixel * 3 + 2] = 77;
  }
  return { pixels, width, height };
}

function pixelOf(crop: Uint8Array | undefined, side: number, x: number, y: number): number[] {
  return [...(crop ?? []).slice((y * side + x) * 3, (y * side + x) * 3 + 3)];
}

describe('the crop of a region', () => {
  it('has 16 of 224 pixels of context on each side', () => {
    expect(withContext({ x: 192, y: 96, width: 192, height: 384 })).toEqual({
      left: 176,
      top: 64,
      width: 224,
      height: 448,
    });
    const image = ramp(112, 112);
    const [crop] = cutRegions(image, image, [{ x: 24, y: 24, width: 48, height: 48 }], square(56));
    // A window of 56 × 56 pixels at 20, 20, pixel by pixel.
    expect(pixelOf(crop, 56, 0, 0)).toEqual([40, 40, 77]);
    expect(pixelOf(crop, 56, 55, 7)).toEqual([150, 54, 77]);
  });

  it('is interpolated where it is enlarged', () => {
    const image = ramp(112, 112);
    const [crop] = cutRegions(image, image, [{ x: 24, y: 24, width: 48, height: 48 }], square(224));
    // The center of pixel i is at (i + 0.5) / 4 of the window, which starts at 20; the ramp is 2 × (position − 0.5).
    for (const [x, y] of [
      [10, 20],
      [101, 200],
      [223, 1],
    ] as const) {
      const [red = 0, green = 0, blue] = pixelOf(crop, 224, x, y);
      expect(red).toBeCloseTo(2 * (20 + (x + 0.5) / 4 - 0.5), -0.31);
      expect(green).toBeCloseTo(2 * (20 + (y + 0.5) / 4 - 0.5), -0.31);
      expect(blue).toBe(77);
    }
  });

  it('is the mean of the network where it reaches beyond the image', () => {
    const image = ramp(48, 48);
    const [crop] = cutRegions(image, image, [{ x: 0, y: 0, width: 48, height: 48 }], square(56));
    expect(pixelOf(crop, 56, 3, 30)).toEqual([1, 2, 3]);
    expect(pixelOf(crop, 56, 30, 52)).toEqual([1, 2, 3]);
    expect(pixelOf(crop, 56, 4, 4)).toEqual([0, 0, 77]);
    expect(pixelOf(crop, 56, 51, 51)).toEqual([94, 94, 77]);
  });

  it('of a large image is a mean of its pixels: no detail is skipped', () => {
    // Columns of 0 and 255 have a mean of 127.5 at every scale.
    const [width, height] = [1800, 1300];
    const pixels = Uint8Array.from({ length: width * height * 3 }, (_, index) => (Math.floor(index / 3) % 2) * 255);
    const boxes = [
      { x: 200, y: 200, width: 1200, height: 900 },
      { x: 150, y: 100, width: 1500, height: 120 },
      { x: 600, y: 110, width: 90, height: 1050 },
    ];
    for (const crop of cutRegions({ pixels, width, height }, { width, height }, boxes, square(32))) {
      expect(Math.min(...crop)).toBeGreaterThan(115);
      expect(Math.max(...crop)).toBeLessThan(140);
    }
  });

  it('is cut from a smaller copy in the pixels of the original', () => {
    const small = ramp(112, 112);
    const original = { width: 1120, height: 1120 };
    const [crop] = cutRegions(small, original, [{ x: 240, y: 240, width: 480, height: 480 }], square(56));
    expect(crop).toEqual(cutRegions(small, small, [{ x: 24, y: 24, width: 48, height: 48 }], square(56))[0]);
  });

  it.each([
    ['one pixel', { width: 1, height: 1 }, { x: 0, y: 0, width: 1, height: 1 }],
    ['a line', { width: 4000, height: 2 }, { x: 10, y: 0, width: 3000, height: 1 }],
    ['a column', { width: 3, height: 2000 }, { x: 2, y: 0, width: 1, height: 2000 }],
  ])('of %s has a value everywhere', (_, { width, height }, box) => {
    const image = { pixels: new Uint8Array(width * height * 3).fill(200), width, height };
    const [crop = new Uint8Array()] = cutRegions(image, image, [box], square(224));
    expect(crop).toHaveLength(224 * 224 * 3);
    expect(new Set(crop)).toEqual(new Set([1, 2, 3, 200]));
  });

  it('is the same each time, and of none there is none', () => {
    const image = ramp(100, 80);
    const boxes = Array.from({ length: 20 }, (_, index) => ({
      x: index * 3,
      y: index * 2,
      width: 7 + index,
      height: 40,
    }));
    expect(cutRegions(image, image, boxes, square(32))).toEqual(cutRegions(image, image, boxes, square(32)));
    expect(cutRegions(image, image, [], square(32))).toEqual([]);
  });
});
