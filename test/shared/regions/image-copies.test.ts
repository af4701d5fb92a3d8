import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../shared/random/seeded-random.ts';
import { cutRegions, cuttingBytes, withContext } from '../../../shared/regions/cut-regions.ts';
import { ImageCopies } from '../../../shared/regions/image-copies.ts';

const crop = { width: 32, height: 32 };

function imageOf(width: number, height: number) {
  return { pixels: new Uint8Array(width * height * 3).fill(200), width, height };
}

describe('the copy of an image for a window', () => {
  it.each([
    ['a tall image', 80, 30_000],
    ['a wide image', 30_000, 80],
    ['a square image', 1500, 1500],
    ['a small image', 40, 30],
  ])('of %s leaves at most 16 pixels per pixel of the crop, in bounded memory', (_, width, height) => {
    const image = imageOf(width, height);
    const copies = new ImageCopies(image, crop);
    const random = seededRandom(3);
    const upTo = (most: number) => Math.max(1, Math.ceil(most * random() ** 3));
    const windows = Array.from({ length: 300 }, () => ({ width: upTo(width * 1.16), height: upTo(height * 1.16) }));
    for (const window of [...windows, { width, height }, { width: 1, height }, { width, height: 1 }]) {
      const copy = copies.for(window);
      for (const side of ['width', 'height'] as const) {
        const ratio = (window[side] * copy[side]) / image[side] / crop[side];
        expect(ratio).toBeLessThan(17);
        // Nothing is enlarged that had enough pixels.
        if (copy[side] < image[side]) expect(ratio).toBeGreaterThanOrEqual(1);
      }
    }
    const largest = withContext({ x: 0, y: 0, width, height });
    copies.for(largest);
    expect(copies.bytes).toBeLessThanOrEqual(cuttingBytes(image, crop));
    expect(cuttingBytes(image, crop)).toBeLessThan(width * height * 3 * 1.3 + 16 * 34 * 32 * 12);
  });

  it('is the same picture for every window that needs it', () => {
    const copies = new ImageCopies(imageOf(400, 20_000), crop);
    const copy = copies.for({ width: 70, height: 18_000 });
    expect([copy.width, copy.height]).toEqual([200, 157]);
    expect(copies.for({ width: 90, height: 19_000 })).toBe(copy);
    expect(copies.for({ width: 10, height: 100 })).toMatchObject({ width: 400, height: 20_000 });
  });
});

describe('the crop of a long region', () => {
  it.each([
    ['tall', 60, 12_001],
    ['wide', 12_001, 60],
  ])('that is %s shows each part of it where it is', (_, width, height) => {
    const image = imageOf(width, height);
    const isTall = height > width;
    const length = Math.max(width, height);
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      const along = isTall ? Math.floor(pixel / width) : pixel % width;
      image.pixels.fill(Math.round((along / length) * 255), pixel * 3, pixel * 3 + 3);
    }
    const box = { x: 0, y: 0, width, height };
    const [found = new Uint8Array()] = cutRegions(image, image, [box], { ...crop, mean: [0, 0, 0] });
    const { left, top, ...size } = withContext(box);
    for (let at = 3; at < 29; at += 1) {
      const pixel = isTall ? at * 32 + 16 : 16 * 32 + at;
      const along = (isTall ? top : left) + ((at + 0.5) / 32) * (isTall ? size.height : size.width);
      expect(Math.abs((found[pixel * 3] ?? 0) - (along / length) * 255)).toBeLessThan(2);
    }
  });
});
