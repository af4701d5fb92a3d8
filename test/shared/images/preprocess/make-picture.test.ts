import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { defaultDecodeLimits as limits } from '../../../../shared/images/decode/identify.ts';
import { makePicture } from '../../../../shared/images/preprocess/make-picture.ts';
import { keptSize, pictureOf, uprightPixels } from '../../../../shared/images/preprocess/upright-pixels.ts';
import { pixels, scene } from '../../../support/formats/scene.ts';
import { orientations, turned } from '../../../support/formats/turned.ts';
import { hugePng } from '../../../support/huge-png.ts';

const upright = await scene().png().toBuffer();
const created = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'teal' }, limitInputPixels: false });

describe('the picture in which regions are proposed', () => {
  it('has the pixels of a small image', async () => {
    const { picture, ...image } = await makePicture(upright, { limits });
    expect(image).toEqual({ width: 96, height: 64, format: 'png' });
    expect(picture).toEqual({ pixels, width: 96, height: 64 });
  });

  it.each(orientations)('is upright in orientation %i', async (orientation) => {
    const { picture, ...image } = await makePicture(await turned(upright, orientation, 'PNG'), { limits });
    expect(image).toMatchObject({ width: 96, height: 64 });
    expect(picture.pixels).toEqual(pixels);
  });

  it('is 300 pixels long at most, and the image keeps its size', async () => {
    const { picture, ...image } = await makePicture(await created(1200, 800).jpeg().toBuffer(), { limits });
    expect(image).toEqual({ width: 1200, height: 800, format: 'jpeg' });
    expect([picture.width, picture.height, picture.pixels.length]).toEqual([300, 200, 300 * 200 * 3]);
  });

  it('is white where the image is transparent', async () => {
    const glass = sharp({ create: { width: 9, height: 7, channels: 4, background: '#20406000' } });
    const { picture } = await makePicture(await glass.png().toBuffer(), { limits });
    expect(new Set(picture.pixels)).toEqual(new Set([255]));
  });

  it.each([
    [1, 1, { width: 1, height: 1 }],
    [4000, 2, { width: 300, height: 1 }],
    [1, 900, { width: 1, height: 300 }],
  ])('has at least one pixel a side for an image of %i × %i', async (width, height, size) => {
    const { picture } = await makePicture(await created(width, height).png().toBuffer(), { limits });
    expect(picture).toMatchObject(size);
    expect(picture.pixels.length).toBe(size.width * size.height * 3);
  });

  it('is the same made of the pixels that are kept for the crops of regions', async () => {
    const sixteenBits = await scene().resize(700, 500).toColourspace('rgb16').png().toBuffer();
    const size = { width: 700, height: 500 };
    const { picture } = await makePicture(sixteenBits, { limits });
    const kept = await uprightPixels(() => sharp(sixteenBits), [255, 255, 255], size);
    expect(await pictureOf(kept, size)).toEqual(picture);
  });

  it('needs memory for the decoded pixels within the budget', async () => {
    const memory = {
      bytes: 2 ** 20,
      hold: async <T>(_: number, work: () => Promise<T>) => work(),
      alone: () => expect.fail(),
    };
    await expect(makePicture(hugePng(2000, 2000), { limits, memory })).rejects.toMatchObject({
      reason: 'too_many_pixels',
    });
  });
});

it('pixels of an image of 100 megapixels are kept in a third of them', () => {
  const { width, height } = keptSize({ width: 12_000, height: 8_400 });
  expect(width * height).toBeLessThanOrEqual(2 ** 25);
  expect(width / height).toBeCloseTo(12_000 / 8_400, 3);
});
