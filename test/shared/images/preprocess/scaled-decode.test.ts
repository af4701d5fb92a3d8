import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { openCropper } from '../../../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import type { CropRule } from '../../../../shared/models/crop-rule.ts';
import type { DecodeRule } from '../../../../shared/models/decode-rule.ts';
import type { Preprocess } from '../../../../shared/models/model-manifest.ts';
import { exif } from '../../../support/formats/exif.ts';
import { withSegment } from '../../../support/formats/jpeg-file.ts';
import { isWithoutWave, overdrivenJpeg } from '../../../support/formats/overdriven-jpeg.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { scene } from '../../../support/formats/scene.ts';
import { type Orientation, orientations, turned } from '../../../support/formats/turned.ts';
import { difference } from '../../../support/pixels.ts';

const small = (crop: CropRule = 'center', decode: DecodeRule = 'scaled'): Preprocess => ({
  ...smallRule(crop),
  decode,
});
const cropped = async (bytes: Uint8Array, rule: Preprocess) =>
  (await cropImage(bytes, rule, defaultDecodeLimits)).tensor.pixels;
const large = () => scene().resize(960, 640, { kernel: 'nearest' });

/** What the decoder divided the sides of a JPEG of this size by. */
async function divisor(width: number, height: number, rule: Preprocess, tag?: Orientation): Promise<number> {
  const waves = await Promise.all(
    ([4, 2, 1] as const).map(async (wave) => {
      const jpeg = await overdrivenJpeg(width, height, wave);
      return isWithoutWave(await cropped(tag === undefined ? jpeg : withOrientation(jpeg, tag), rule));
    }),
  );
  return 2 ** waves.filter(Boolean).length;
}

function withOrientation(jpeg: Buffer, orientation: Orientation): Buffer {
  return withSegment(jpeg, 0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif(orientation)]));
}

describe('the decoder of JPEG by the rule scaled', () => {
  it.each([
    // The image is resized to 36 × 36.
    [142, 142, 1],
    [144, 144, 2],
    [286, 286, 2],
    [288, 288, 4],
    [572, 572, 4],
    [576, 576, 8],
    [2000, 2000, 8],
    [2000, 142, 1],
    [144, 2000, 2],
    [292, 580, 4],
    [1, 2000, 1],
    // The divisor does not divide one of the sides.
    [145, 144, 1],
    [144, 147, 1],
    [290, 292, 1],
    [576, 580, 1],
  ])('divides %i × %i by %i', async (width, height, expected) => {
    expect(await divisor(width, height, small())).toBe(expected);
    expect(await divisor(width, height, small('ten'))).toBe(expected);
    expect(await divisor(width, height, { ...small(), resize: { rule: 'cover', width: 36, height: 36 } })).toBe(
      expected,
    );
  });

  it('compares each side with its own side of the resized image', async () => {
    const wide = { ...small(), resize: { rule: 'warp' as const, width: 72, height: 36 } };
    expect(await divisor(286, 286, wide)).toBe(1);
    expect(await divisor(288, 144, wide)).toBe(2);
  });

  it.each(orientations)('is the same for a photo that is stored turned, in orientation %i', async (orientation) => {
    const wide = { ...small(), resize: { rule: 'warp' as const, width: 72, height: 36 } };
    const isOnItsSide = orientation > 4;
    const [width, height] = isOnItsSide ? [144, 288] : [288, 144];
    expect(await divisor(width, height, wide, orientation)).toBe(2);
    expect(await divisor(height, width, wide, orientation)).toBe(1);
  });

  it('decodes all pixels by the rule exact, for the squares of multiscale crops, and for those of regions', async () => {
    expect(await divisor(576, 576, small('center', 'exact'))).toBe(1);
    expect(await divisor(576, 576, smallRule())).toBe(1);
    expect(await divisor(576, 576, small('multiscale'))).toBe(1);
    const jpeg = await large().jpeg().toBuffer();
    const regions = { maximum: 3 };
    const [exact, scaled] = await Promise.all(
      (['exact', 'scaled'] as const).map((decode) =>
        cropImage(jpeg, { ...small('center', decode), regions }, defaultDecodeLimits),
      ),
    );
    expect(scaled?.regions).toEqual(exact?.regions);
    expect(scaled?.regions?.boxes.length).toBeGreaterThan(0);
  });

  it('gives the whole image the same crop with and without regions', async () => {
    const jpeg = await large().jpeg().toBuffer();
    const { tensor } = await cropImage(jpeg, { ...small(), regions: { maximum: 3 } }, defaultDecodeLimits);
    expect(tensor.pixels).toEqual(await cropped(jpeg, small()));
    expect(tensor.pixels).not.toEqual(await cropped(jpeg, smallRule()));
  });
});

it('a shrunk JPEG has the same crop in a process of its own as in this one', async () => {
  const pool = decodePool(1, { maxBytes: 2 ** 28 }, { files: 2 ** 28, decoded: 2 ** 31 });
  const cropper = openCropper({ rule: small(), limits: defaultDecodeLimits, pool });
  const jpeg = await overdrivenJpeg(576, 576, 1);
  const { tensor } = await cropper.crop(jpeg, { isSuspect: true });
  await cropper.close();
  expect(isWithoutWave(tensor.pixels)).toBe(true);
  expect(Buffer.from(tensor.pixels)).toEqual(await cropped(jpeg, small()));
});

const kinds: readonly (readonly [string, (image: Sharp) => Sharp])[] = [
  ['of 4:2:0', (image) => image.jpeg({ quality: 92 })],
  ['of 4:4:4', (image) => image.jpeg({ quality: 92, chromaSubsampling: '4:4:4' })],
  ['with progressive scans', (image) => image.jpeg({ quality: 92, progressive: true })],
  ['of gray', (image) => image.greyscale().toColourspace('b-w').jpeg({ quality: 92 })],
  ['of CMYK', (image) => image.toColourspace('cmyk').jpeg({ quality: 92 })],
  ['with a profile', (image) => image.withIccProfile('p3').jpeg({ quality: 92 })],
];

describe('the crops of a shrunk JPEG', () => {
  it.each(kinds)('%s are those of all pixels, within a step', async (_, encode) => {
    for (const [width, height] of [
      [960, 640],
      [584, 576],
      [300, 292],
      [150, 146],
    ] as const) {
      const jpeg = await encode(scene().resize(width, height, { fit: 'fill' })).toBuffer();
      for (const rule of ['center', 'ten'] as const) {
        const [scaled, exact] = [await cropped(jpeg, small(rule)), await cropped(jpeg, smallRule(rule))];
        expect(scaled).not.toEqual(exact);
        expect(difference(scaled, exact)).toBeLessThan(1);
      }
    }
  });

  it.each(orientations)('stored turned, in orientation %i, are those of the upright photo', async (orientation) => {
    const upright = await large().png().toBuffer();
    const jpeg = await turned(upright, orientation, 'JPEG');
    for (const rule of ['center', 'ten'] as const) {
      expect(difference(await cropped(jpeg, small(rule)), await cropped(upright, smallRule(rule)))).toBeLessThan(1);
    }
  });
});

it.each([
  ['PNG', (image: Sharp) => image.png()],
  ['WebP', (image: Sharp) => image.webp({ quality: 92 })],
  ['AVIF', (image: Sharp) => image.avif({ quality: 80, effort: 0 })],
  ['TIFF of JPEG', (image: Sharp) => image.tiff({ compression: 'jpeg', tile: true, pyramid: true })],
  ['GIF', (image: Sharp) => image.gif()],
])('a %s has the same crops by both rules', async (_, encode) => {
  const bytes = await encode(sharp(await large().png().toBuffer())).toBuffer();
  for (const rule of ['center', 'ten', 'multiscale'] as const) {
    expect(await cropped(bytes, small(rule))).toEqual(await cropped(bytes, smallRule(rule)));
  }
});
