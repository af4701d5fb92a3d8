import { describe, expect, it } from 'vitest';
import { type Example, everydayPhotos, pastedRaccoons, raccoons } from '../../../bench/regions/pictures.ts';
import { scoreOf } from '../../../bench/regions/score.ts';
import { seededRandom } from '../../../shared/random/seeded-random.ts';
import type { Picture } from '../../../shared/regions/color-spaces.ts';
import { intersectionOverUnion } from '../../../shared/regions/intersection-over-union.ts';
import { proposeRegions } from '../../../shared/regions/propose-regions.ts';
import type { Box } from '../../../shared/regions/region.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';

type Color = readonly [number, number, number];

function pictureOf(width: number, height: number, colorAt: (x: number, y: number) => Color): Picture {
  const colors = Array.from({ length: width * height }, (_, pixel) =>
    colorAt(pixel % width, Math.floor(pixel / width)),
  );
  return { pixels: Uint8Array.from(colors.flat()), width, height };
}

function noise(width: number, height: number): Picture {
  const random = seededRandom(7);
  const level = () => Math.floor(random() * 256);
  return pictureOf(width, height, () => [level(), level(), level()]);
}

/** Patches on a gray background. */
function patches(width: number, height: number, boxes: readonly Box[]): Picture {
  const colors: Color[] = [
    [200, 40, 40],
    [40, 90, 210],
    [240, 220, 60],
  ];
  return pictureOf(width, height, (x, y) => {
    const found = boxes.findIndex((box) => x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height);
    return colors[found] ?? [110, 110, 110];
  });
}

function bestOverlap(boxes: readonly Box[], object: Box): number {
  return Math.max(0, ...boxes.map((box) => intersectionOverUnion(box, object)));
}

function mirror({ pixels, width, height }: Picture): Picture {
  return pictureOf(width, height, (x, y) => {
    const at = (y * width + width - 1 - x) * 3;
    return [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
  });
}

const objects: readonly Box[] = [
  { x: 20, y: 30, width: 60, height: 50 },
  { x: 120, y: 20, width: 30, height: 90 },
  { x: 60, y: 110, width: 24, height: 20 },
];

describe('proposing regions', () => {
  it('finds patches of other colors with the first boxes', () => {
    const regions = proposeRegions(patches(200, 150, objects), { max: 10 });
    for (const object of objects) expect(bestOverlap(regions, object)).toBeGreaterThan(0.8);
  });

  it('gives the same boxes for the same picture', () => {
    const picture = noise(120, 90);
    expect(proposeRegions(picture, { max: 200 })).toEqual(proposeRegions(picture, { max: 200 }));
  });

  it('gives the first boxes of a longer list for a smaller maximum', () => {
    const picture = patches(200, 150, objects);
    expect(proposeRegions(picture, { max: 3 })).toEqual(proposeRegions(picture, { max: 100 }).slice(0, 3));
    expect(proposeRegions(picture, { max: 0 })).toEqual([]);
  });

  it.each([
    ['patches', patches(200, 150, objects)],
    ['noise', noise(300, 225)],
    [
      'a checkerboard of squares',
      pictureOf(300, 300, (x, y) => (((x >> 4) + (y >> 4)) % 2 ? [255, 0, 0] : [0, 0, 90])),
    ],
    ['a gradient', pictureOf(300, 100, (x, y) => [Math.floor(x * 0.85), y * 2, 128])],
    ['three rows', noise(300, 3)],
    ['three columns', noise(3, 300)],
  ])('keeps boxes of %s inside the picture, ranked and different', (_, picture) => {
    const regions = proposeRegions(picture, { max: 600 });
    expect(regions.length).toBeGreaterThan(0);
    expect(regions.length).toBeLessThanOrEqual(600);
    for (const [index, box] of regions.entries()) {
      expect([box.x, box.y, box.width, box.height].every(Number.isInteger)).toBe(true);
      expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0);
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(1);
      expect(box.x + box.width).toBeLessThanOrEqual(picture.width);
      expect(box.y + box.height).toBeLessThanOrEqual(picture.height);
      expect(box.width * box.height).toBeLessThan(picture.width * picture.height);
      expect(box.objectness).toBeGreaterThan(0);
      expect(box.objectness).toBeLessThanOrEqual(regions[index - 1]?.objectness ?? 1);
      expect(bestOverlap(regions.slice(0, index), box)).toBeLessThanOrEqual(0.95);
    }
  });

  it.each([
    ['one pixel', 1, 1],
    ['one color', 300, 200],
    ['one row of one color', 300, 1],
  ])('proposes nothing in %s', (_, width, height) => {
    expect(
      proposeRegions(
        pictureOf(width, height, () => [90, 120, 30]),
        { max: 100 },
      ),
    ).toEqual([]);
  });

  // The gradient needs a neighbor on both sides, and two neighbors that differ.
  it.each([
    ['one row', noise(300, 1)],
    ['one column', noise(1, 300)],
    ['two rows', noise(300, 2)],
    ['two columns', noise(2, 300)],
    ['a few pixels', noise(3, 2)],
    ['a checkerboard of pixels', pictureOf(300, 200, (x, y) => ((x + y) % 2 ? [255, 255, 255] : [0, 0, 0]))],
  ])('proposes nothing in %s, which has no edges', (_, picture) => {
    expect(proposeRegions(picture, { max: 600 })).toEqual([]);
  });

  it('proposes no line, whose colors differ most from all that is around it', () => {
    const isLine = (x: number, y: number) => y === 60 || y === 61 || x === 200;
    const picture = pictureOf(300, 200, (x, y) => (isLine(x, y) ? [20, 20, 20] : [220, 220, 200]));
    for (const { width, height } of proposeRegions(picture, { max: 600 })) {
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(6);
    }
  });

  it('proposes what is as high as a narrow picture', () => {
    const picture = pictureOf(300, 5, (x) => (x >= 100 && x < 160 ? [200, 30, 30] : [30, 120, 40]));
    expect(bestOverlap(proposeRegions(picture, { max: 20 }), { x: 100, y: 0, width: 60, height: 5 })).toBeGreaterThan(
      0.9,
    );
  });

  it('finds the same objects in the mirrored picture', () => {
    const picture = patches(200, 150, objects);
    const regions = proposeRegions(mirror(picture), { max: 20 });
    for (const box of proposeRegions(picture, { max: 5 })) {
      expect(bestOverlap(regions, { ...box, x: picture.width - box.x - box.width })).toBeGreaterThan(0.8);
    }
  });

  it('rejects a picture that is larger than the working size, or has another number of bytes', () => {
    const large = { pixels: new Uint8Array(600 * 300 * 3), width: 600, height: 300 };
    expect(() => proposeRegions(large, { max: 10 })).toThrow('scale the picture to 300×150 first; it is 600×300');
    const short = { pixels: new Uint8Array(10), width: 2, height: 2 };
    expect(() => proposeRegions(short, { max: 10 })).toThrow('a picture of 2×2 has 12 bytes, not 10');
  });
});

describeWithFixtures('proposed regions of photos', (folder) => {
  const proposalsOf = (examples: readonly Example[]) =>
    examples.map(({ picture, objects }) => ({ objects, boxes: proposeRegions(picture, { max: 600 }) }));

  it.each([
    ['raccoons', () => raccoons(folder)],
    ['mirrored photos of raccoons', () => raccoons(folder, { mirrored: true, count: 15 })],
    ['photos of many kinds of objects', () => everydayPhotos(folder)],
    ['raccoons pasted on other photos', () => pastedRaccoons(folder, { count: 15 })],
  ])('find %s', async (_, load) => {
    const proposals = proposalsOf(await load());
    const first = scoreOf(proposals, 100);
    const all = scoreOf(proposals, 600);
    expect(all.recall).toBeGreaterThanOrEqual(0.97);
    expect(all.meanBestOverlap).toBeGreaterThanOrEqual(0.8);
    expect(first.recall).toBeGreaterThanOrEqual(0.93);
    expect(scoreOf(proposals, 10).recall).toBeGreaterThanOrEqual(0.7);
  });
});
