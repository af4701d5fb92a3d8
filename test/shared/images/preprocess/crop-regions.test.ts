import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { openCropper } from '../../../../shared/images/cropper/image-cropper.ts';
import type { DecodeMemory } from '../../../../shared/images/decode/decode-memory.ts';
import { decodePool } from '../../../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits as limits } from '../../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import { cropRules } from '../../../../shared/models/crop-rule.ts';
import { cuttingBytes } from '../../../../shared/regions/cut-regions.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { scene } from '../../../support/formats/scene.ts';

const rule = { ...smallRule(), regions: { maximum: 20 } };
const pool = () => decodePool(2, { maxBytes: 2 ** 28 }, { files: 2 ** 28, decoded: 2 ** 31 });
const cropper = openCropper({ rule, limits, pool: pool() });
afterAll(() => cropper.close());

const created = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'teal' }, limitInputPixels: false })
    .png({ compressionLevel: 1 })
    .toBuffer();

describe('an image with regions', () => {
  it('has a crop of the network for each region, inside the upright image', async () => {
    const { regions, width, height } = await cropper.crop(
      await scene().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    );
    if (regions === undefined) throw new Error('expected regions');
    expect([width, height]).toEqual([64, 96]);
    expect(regions.boxes.length).toBeGreaterThan(0);
    expect(regions.pixels.map(({ byteLength }) => byteLength)).toEqual(
      regions.boxes.map(() => rule.crop.width * rule.crop.height * 3),
    );
    for (const box of regions.boxes) {
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(box.y + box.height).toBeLessThanOrEqual(height);
    }
  });

  it.each(cropRules)('has the crops of the whole image that it has without regions, by the rule %s', async (crop) => {
    const deep = [
      scene().toColourspace('rgb16').png(),
      scene().toColourspace('grey16').png(),
      scene().avif({ bitdepth: 10 }),
    ];
    for (const image of [scene().jpeg(), scene().png(), scene().webp(), scene().toColourspace('b-w').png(), ...deep]) {
      const bytes = await image.toBuffer();
      const { regions: _, ...withRegions } = await cropImage(
        bytes,
        { ...smallRule(crop), regions: { maximum: 5 } },
        limits,
      );
      expect(withRegions).toEqual(await cropImage(bytes, smallRule(crop), limits));
    }
  });

  it('has the same regions in a process of its own, in a thread and in this one', async () => {
    const bytes = await scene().jpeg().toBuffer();
    const here = await cropImage(bytes, rule, limits);
    expect(await cropper.crop(bytes)).toEqual(here);
    expect(await cropper.crop(bytes, { isSuspect: true })).toEqual(here);
  });

  it.each([
    [1, 1],
    [4000, 2],
    [200, 150],
  ])('of one color, %i × %i, has an empty list of them', async (width, height) => {
    const { regions } = await cropper.crop(await created(width, height));
    expect(regions).toEqual({ boxes: [], pixels: [] });
  });

  it.each([
    ['a square one', 600, 600],
    ['a tall one', 60, 12_000],
  ])('counts the memory for its copies and crops: %s', async (_, width, height) => {
    const bytes = await created(width, height);
    const bytesFor = async (used: Parameters<typeof cropImage>[1]) => {
      const held: number[] = [];
      const memory: DecodeMemory = {
        bytes: 2 ** 30,
        hold: (needed, work) => {
          held.push(needed);
          return work();
        },
        alone: (work) => work(),
      };
      await cropImage(bytes, used, limits, memory);
      return Math.max(...held);
    };
    const [plain, with20] = [await bytesFor(smallRule()), await bytesFor(rule)];
    const crops = 20 * rule.crop.width * rule.crop.height * 3;
    const image = { width, height };
    expect(with20 - plain).toBeGreaterThanOrEqual(crops + 2 * width * height * 3 + cuttingBytes(image, rule.crop));
  });

  it('of a hundred megapixels has boxes in its own pixels', async () => {
    const patch = await sharp({ create: { width: 5000, height: 4000, channels: 3, background: 'orange' } })
      .png()
      .toBuffer();
    const bytes = await sharp(await created(12_000, 8_400), { limitInputPixels: false })
      .composite([{ input: patch, left: 2000, top: 3000 }])
      .jpeg()
      .toBuffer();
    const { regions, width, height } = await cropImage(bytes, rule, { ...limits, maxPixels: 200_000_000 });
    expect([width, height]).toEqual([12_000, 8_400]);
    const [best] = regions?.boxes ?? [];
    // A pixel of the picture in which regions are searched is 40 pixels.
    for (const [found, painted] of [
      [best?.x, 2000],
      [best?.y, 3000],
      [best?.width, 5000],
      [best?.height, 4000],
    ] as const) {
      expect(Math.abs((found ?? 0) - painted)).toBeLessThanOrEqual(4 * 40);
    }
    const center = (rule.crop.height / 2) * rule.crop.width * 3 + (rule.crop.width / 2) * 3;
    expect(regions?.pixels[0]?.[center]).toBeGreaterThan(240);
  });
});
