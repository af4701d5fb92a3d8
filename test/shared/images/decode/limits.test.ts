import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { defaultDecodeLimits, identify } from '../../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import { chunk, headerOf, pngFile, withChunks } from '../../../support/formats/png-file.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { film, height, scene, width } from '../../../support/formats/scene.ts';
import { largest } from '../../../support/formats/webp-cases.ts';
import { peakOf } from '../../../support/peak-of.ts';

const onePicture = width * height;
const below = (bytes: number) => expect.toSatisfy((grown: number) => grown < bytes, `less than ${bytes}`);

describe('the pixel limit', () => {
  it.each([
    ['JPEG', () => scene().jpeg().toBuffer()],
    ['CMYK JPEG', () => scene().toColourspace('cmyk').jpeg().toBuffer()],
    ['PNG', () => scene().png().toBuffer()],
    ['WebP', () => scene().webp().toBuffer()],
    ['AVIF', () => scene().avif({ effort: 0 }).toBuffer()],
    ['TIFF', () => scene().tiff().toBuffer()],
    ['GIF', () => scene().gif().toBuffer()],
    ['WebP of two frames', async () => (await film()).webp().toBuffer()],
    ['GIF of two frames', async () => (await film()).gif().toBuffer()],
    ['TIFF of two pages', async () => (await film()).tiff().toBuffer()],
  ])('applies to one frame: a %s at the limit is accepted, above it rejected', async (_, make) => {
    const bytes = await make();
    const { tensor } = await cropImage(bytes, smallRule(), { maxPixels: onePicture });
    expect(tensor.pixels.length).toBe(32 * 32 * 3);
    await expect(identify(bytes, { maxPixels: onePicture - 1 })).rejects.toMatchObject({
      reason: 'too_many_pixels',
      message: `96×64 = ${onePicture} pixels are over the limit of ${onePicture - 1}: save a smaller image`,
    });
  });

  it('is checked before decoding: nothing of the largest WebP, 16,383 × 16,383, is decoded', async () => {
    const bytes = largest(await scene().webp({ lossless: true }).toBuffer());
    await expect(identify(bytes, { maxPixels: 1e8 })).rejects.toThrow(
      '16383×16383 = 268402689 pixels are over the limit',
    );
    const { outcome, grown } = await peakOf(bytes, { maxPixels: 1e8 });
    expect(outcome).toContain('16383×16383 = 268402689 pixels are over the limit');
    expect(grown).toBeLessThan(20e6);
  });
});

describe('a PNG that inflates a thousandfold', () => {
  const side = 12_000;
  const pixels = deflateSync(Buffer.alloc((side * 3 + 1) * side));
  const empty = pngFile({ width: side, height: side, bits: 8, color: 2 }, []);
  const header = headerOf({ width: side, height: side, bits: 8, color: 2 });
  const bomb = Buffer.concat([empty.subarray(0, 8), header, chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);

  it('is rejected by its header above the pixel limit', async () => {
    expect(bomb.length).toBeLessThan(500_000);
    await expect(identify(bomb, { maxPixels: 1e8 })).rejects.toMatchObject({ reason: 'too_many_pixels' });
  });

  it('is streamed below the limit: 432 MB of pixels in less than 80 MB', async () => {
    expect(await peakOf(bomb)).toMatchObject({ outcome: 'decoded', colour: [0, 0, 0], grown: below(80e6) });
  });

  it('is kept whole if it is interlaced, as the estimate assumes', async () => {
    const black = { width: 4000, height: 4000, channels: 3, background: 'black' } as const;
    const interlaced = await sharp({ create: black }).png({ progressive: true }).toBuffer();
    const { grown, expected } = await peakOf(interlaced);
    expect(grown).toBeGreaterThan(4000 * 4000 * 3);
    expect(grown).toBeLessThan(expected);
  });

  it('is ignored in text and profile chunks: nothing of 100 MB each is kept', async () => {
    const data = Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(100e6))]);
    const bytes = withChunks(await scene().png().toBuffer(), [chunk('iCCP', data), chunk('zTXt', data)]);
    expect(await peakOf(bytes)).toMatchObject({ outcome: 'decoded', grown: below(20e6) });
  });
});

describe('the check for too few bytes', () => {
  it('accepts the smallest possible files of one color in each format', async () => {
    const flat = scene().resize(800, 800).linear(0, 128);
    const files = [
      flat.clone().jpeg({ quality: 1, mozjpeg: true }),
      flat.clone().jpeg({ quality: 1, progressive: true, optimizeCoding: true }),
      flat.clone().greyscale().toColourspace('b-w').jpeg({ quality: 1, optimizeCoding: true }),
      flat.clone().gif(),
    ];
    for (const file of files) {
      const { tensor } = await cropImage(await file.toBuffer(), smallRule(), defaultDecodeLimits);
      expect(tensor.pixels.every((value) => Math.abs(value - 128) < 3)).toBe(true);
    }
  });
});
