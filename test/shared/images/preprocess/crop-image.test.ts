import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import type { Preprocess } from '../../../../shared/models/model-manifest.ts';
import { scene } from '../../../support/formats/scene.ts';
import { hugePng } from '../../../support/huge-png.ts';
import { picture } from '../../../support/photos.ts';
import { difference } from '../../../support/pixels.ts';

const rule: Preprocess = {
  resize: { rule: 'warp', width: 36, height: 36 },
  crop: { rule: 'center', width: 32, height: 32 },
  colourOrder: 'RGB',
  mean: [123, 117, 104],
  scale: [1, 1, 1],
  background: [255, 255, 255],
};
async function crop(bytes: Uint8Array, changes: Partial<Preprocess> = {}) {
  const { tensor, ...image } = await cropImage(bytes, { ...rule, ...changes }, defaultDecodeLimits);
  return { ...image, pixels: tensor.pixels };
}

const plain = { width: 64, height: 48, channels: 3 as const };

describe('cropImage', () => {
  it('crops the center of the warped image', async () => {
    const png = await picture(3).png().toBuffer();
    const { pixels, width, height, format } = await crop(png);
    const expected = await sharp(png)
      .resize(36, 36, { fit: 'fill' })
      .extract({ left: 2, top: 2, width: 32, height: 32 })
      .raw()
      .toBuffer();
    expect(Buffer.from(pixels).equals(expected)).toBe(true);
    expect({ width, height, format }).toEqual({ width: 64, height: 48, format: 'png' });
  });

  it.each([
    ['JPEG', (image: Sharp) => image.jpeg({ quality: 92 })],
    ['WebP', (image: Sharp) => image.webp({ quality: 92 })],
  ] as const)('decodes a large %s at full size, although it could be decoded at a reduced size', async (_, encode) => {
    const large = await encode(scene().resize(960, 640)).toBuffer();
    const { data, info } = await sharp(large).raw().toBuffer({ resolveWithObject: true });
    const resize = (image: Sharp) =>
      image.resize(36, 36, { fit: 'fill' }).extract({ left: 2, top: 2, width: 32, height: 32 }).raw().toBuffer();
    const { pixels } = await crop(large);
    const { width, height, channels } = info;
    expect(Buffer.from(pixels).equals(await resize(sharp(data, { raw: { width, height, channels } })))).toBe(true);
    expect(Buffer.from(pixels).equals(await resize(sharp(large)))).toBe(false);
  });

  it('keeps the aspect ratio with the rule cover', async () => {
    const png = await picture(3).png().toBuffer();
    const warped = await crop(png);
    const covered = await crop(png, { resize: { rule: 'cover', width: 36, height: 36 } });
    expect(difference(warped.pixels, covered.pixels)).toBeGreaterThan(1);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns a photo upright from EXIF orientation %i', async (orientation) => {
    const upright = await picture(5).png().toBuffer();
    const undo: Record<number, (image: Sharp) => Sharp> = {
      1: (image) => image,
      2: (image) => image.flop(),
      3: (image) => image.rotate(180),
      4: (image) => image.flip(),
      5: (image) => image.rotate(270).flop(),
      6: (image) => image.rotate(270),
      7: (image) => image.rotate(90).flop(),
      8: (image) => image.rotate(90),
    };
    const turned = await (undo[orientation] ?? ((image) => image.negate()))(sharp(upright)).png().toBuffer();
    const tagged = await sharp(turned).withMetadata({ orientation }).png().toBuffer();
    const { pixels, width, height } = await crop(tagged);
    expect({ width, height }).toEqual({ width: 64, height: 48 });
    expect(difference(pixels, (await crop(upright)).pixels)).toBeLessThan(0.5);
  });

  it.each([
    ['jpeg', 3, (image: Sharp) => image.jpeg({ quality: 95 })],
    ['webp', 3, (image: Sharp) => image.webp({ lossless: true })],
    ['avif', 4, (image: Sharp) => image.avif({ quality: 90 })],
    ['tiff', 1, (image: Sharp) => image.tiff({ compression: 'lzw' })],
    ['gif', 6, (image: Sharp) => image.gif()],
    ['png', 1, (image: Sharp) => image.toColourspace('rgb16').png()],
  ] as const)('decodes the same picture from %s, within %i steps', async (format, steps, encode) => {
    const cropped = await crop(await encode(picture(5)).toBuffer());
    expect(cropped.format).toBe(format);
    expect(difference(cropped.pixels, (await crop(await picture(5).png().toBuffer())).pixels)).toBeLessThan(steps);
  });

  it('converts gray to three channels that differ by rounding only', async () => {
    const { pixels } = await crop(await picture(5).greyscale().png().toBuffer());
    for (let index = 0; index < pixels.length; index += 3) {
      const [red = 0, green = 0, blue = 0] = pixels.subarray(index, index + 3);
      expect(Math.max(red, green, blue) - Math.min(red, green, blue)).toBeLessThanOrEqual(1);
    }
  });

  it('flattens transparent pixels onto the background', async () => {
    const clear = await sharp({ create: { ...plain, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer();
    const { pixels } = await crop(clear, { background: [10, 200, 30] });
    expect([...pixels.subarray(0, 3)]).toEqual([10, 200, 30]);
  });

  it('uses the first frame of an animation', async () => {
    const frames = [picture(1), picture(9)].map((frame) => frame.png().toBuffer());
    const animated = await sharp(await Promise.all(frames), { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    const first = await crop(await picture(1).png().toBuffer());
    expect(difference((await crop(animated)).pixels, first.pixels)).toBeLessThan(1);
  });
});

describe('bytes that are not a complete image', () => {
  const jpeg = () => picture(2, { width: 300, height: 200 }).jpeg().toBuffer();
  const cases: [string, string, () => Promise<Uint8Array> | Uint8Array][] = [
    ['an empty file', 'empty', () => Buffer.alloc(0)],
    ['a text', 'not_an_image', () => Buffer.from('not an image at all\n')],
    [
      'an SVG',
      'unsupported_format',
      () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ],
    ['a PDF', 'unsupported_format', () => Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj\n')],
    ['half a JPEG', 'truncated', async () => (await jpeg()).subarray(0, 900)],
    ['the header of a JPEG', 'truncated', async () => (await jpeg()).subarray(0, 40)],
    ['half a PNG', 'truncated', async () => half(await picture(2).png().toBuffer())],
    ['half a WebP', 'truncated', async () => half(await picture(2).webp().toBuffer())],
    ['half an AVIF', 'truncated', async () => half(await picture(2).avif().toBuffer())],
    ['half a GIF', 'truncated', async () => half(await picture(2).gif().toBuffer())],
    ['half a TIFF', 'truncated', async () => half(await picture(2).tiff().toBuffer())],
    [
      'a progressive JPEG with one scan missing',
      'truncated',
      async () => cut(await picture(2).jpeg({ progressive: true }).toBuffer(), 40),
    ],
    ['a PNG whose pixels are damaged', 'corrupt', async () => damaged(await picture(2).png().toBuffer())],
    ['an archive', 'not_an_image', () => Buffer.from('PK\u0003\u0004\u0014\0\0\0\u0008\0')],
    ['a bitmap', 'unsupported_format', () => Buffer.from('BM\0\0\0\0\0\0\0\0\0\0\0\0')],
    ['a PNG of 30,000 × 30,000', 'too_many_pixels', () => hugePng(30_000, 30_000)],
  ];

  it.each(cases)('rejects %s as %s', async (_, reason, make) => {
    await expect(crop(await make())).rejects.toMatchObject({ name: 'Failure', reason, isTransient: false });
  });

  it('gives each of many concurrent failures its own reason', async () => {
    const all = await Promise.all(cases.map(async ([, reason, make]) => ({ reason, bytes: await make() })));
    const many = Array.from({ length: 20 }, () => all).flat();
    const outcomes = await Promise.allSettled(many.map(({ bytes }) => crop(bytes)));
    const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.reason : 'decoded'));
    expect(reasons).toEqual(many.map(({ reason }) => reason));
  });

  it('names the number of pixels and the limit', async () => {
    await expect(cropImage(await jpeg(), rule, { maxPixels: 1000 })).rejects.toThrow(
      '300×200 = 60000 pixels are over the limit of 1000',
    );
  });
});

function half(bytes: Uint8Array): Uint8Array {
  return cut(bytes, bytes.length >> 1);
}

function cut(bytes: Uint8Array, count: number): Uint8Array {
  return bytes.subarray(0, bytes.length - count);
}

function damaged(bytes: Uint8Array): Uint8Array {
  const pixels = Buffer.from(bytes).indexOf('IDAT') + 8;
  return Uint8Array.from(bytes, (byte, index) => (index >= pixels && index < bytes.length - 20 ? byte ^ 0x5a : byte));
}
