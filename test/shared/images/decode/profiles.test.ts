import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import { linearGrayProfile } from '../../../support/formats/gray-profile.ts';
import { chunk, pngFile, withChunks } from '../../../support/formats/png-file.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { height, scene, width } from '../../../support/formats/scene.ts';
import { difference } from '../../../support/pixels.ts';

const crop = async (bytes: Uint8Array) => (await cropImage(bytes, smallRule(), defaultDecodeLimits)).tensor.pixels;
const size = { width, height };
const original = await crop(await scene().png().toBuffer());
/** Colors that differ between the gamuts; the scene's are too muted. */
const vivid = () => scene().modulate({ saturation: 3 });
const vividOriginal = await crop(await vivid().png().toBuffer());

/** The same pixel values without the profile. */
const stripped = (bytes: Uint8Array) => sharp(bytes, { ignoreIcc: true }).png().toBuffer();

describe('an embedded profile is applied: without it the image would differ', () => {
  const cases: readonly [string, number, number, (image: Sharp) => Sharp][] = [
    ['Display P3, PNG', 1, 2, (image) => image.withIccProfile('p3').png()],
    ['Display P3, 16-bit PNG', 1, 2, (image) => image.toColourspace('rgb16').withIccProfile('p3').png()],
    ['Display P3, JPEG', 3, 4, (image) => image.withIccProfile('p3').jpeg({ quality: 95 })],
    ['Display P3, WebP', 3, 4, (image) => image.withIccProfile('p3').webp({ quality: 95 })],
    ['Display P3, AVIF', 3, 4, (image) => image.withIccProfile('p3').avif({ quality: 90, effort: 0 })],
    [
      'Display P3, 10-bit AVIF',
      3,
      4,
      (image) => image.withIccProfile('p3').avif({ quality: 90, effort: 0, bitdepth: 10 }),
    ],
    [
      'Display P3, 16-bit TIFF',
      1,
      2,
      (image) => image.toColourspace('rgb16').withIccProfile('p3').tiff({ compression: 'lzw' }),
    ],
  ];
  it.each(cases)(
    '%s: within %d steps of the original, more than %d away without',
    async (_, within, beyond, encode) => {
      const bytes = await encode(vivid()).toBuffer();
      expect(difference(await crop(bytes), vividOriginal)).toBeLessThan(within);
      expect(difference(await crop(await stripped(bytes)), vividOriginal)).toBeGreaterThan(beyond);
    },
  );
});

describe('a linear gray profile', () => {
  const profile = chunk('iCCP', Buffer.concat([Buffer.from('gray\0\0'), deflateSync(linearGrayProfile())]));
  const shade = (x: number) => 60 + x * 2;
  const expected = Buffer.from(Array.from({ length: size.width * size.height }, (_, at) => shade(at % size.width)));

  it.each([8, 16])(
    'with %i bits: within 1.5 steps of the sRGB image, more than 30 without the profile',
    async (bits) => {
      const max = 2 ** bits - 1;
      const row = Buffer.alloc((size.width * bits) / 8);
      for (let x = 0; x < size.width; x += 1) {
        row.writeUIntBE(Math.round(linear(shade(x) / 255) * max), (x * bits) / 8, bits / 8);
      }
      const rows = Array.from({ length: size.height }, () => row);
      const header = { ...size, bits, color: 0 };
      const reference = await crop(
        await sharp(expected, { raw: { ...size, channels: 1 } })
          .png()
          .toBuffer(),
      );
      expect(difference(await crop(pngFile(header, rows, [profile])), reference)).toBeLessThan(1.5);
      expect(difference(await crop(pngFile(header, rows)), reference)).toBeGreaterThan(30);
    },
  );

  /** sRGB to linear light (IEC 61966-2-1). */
  function linear(value: number): number {
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }
});

describe('a CMYK profile', () => {
  it('gives colors within 8 steps of the original; the formula (1 − ink)(1 − black) is off by more than 15', async () => {
    const bytes = await scene().withIccProfile('cmyk').tiff({ compression: 'lzw' }).toBuffer();
    const { space, channels, hasProfile } = await sharp(bytes).metadata();
    expect({ space, channels, hasProfile }).toEqual({ space: 'cmyk', channels: 4, hasProfile: true });
    expect(difference(await crop(bytes), original)).toBeLessThan(8);
    const inks = await sharp(bytes).pipelineColourspace('cmyk').toColourspace('cmyk').raw().toBuffer();
    expect(inks.length).toBe(width * height * 4);
    const plain = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
      const ink = (channel: number) => (inks[Math.floor(at / 3) * 4 + channel] ?? 0) / 255;
      return 255 * (1 - ink(at % 3)) * (1 - ink(3));
    });
    const png = await sharp(plain, { raw: { ...size, channels: 3 } })
      .png()
      .toBuffer();
    expect(difference(await crop(png), original)).toBeGreaterThan(15);
  });
});

describe('a broken profile is ignored, and the values are read as sRGB', () => {
  const broken: readonly (readonly [string, () => Promise<Buffer>, number])[] = [
    ['PNG whose profile is noise', async () => withProfile(await scene().png().toBuffer(), Buffer.alloc(400, 7)), 0.1],
    [
      'PNG whose profile does not inflate',
      async () => withChunks(await scene().png().toBuffer(), [chunk('iCCP', Buffer.from('a\0\0noise'))]),
      0.1,
    ],
    [
      '16-bit PNG whose profile is noise',
      async () => withProfile(await scene().toColourspace('rgb16').png().toBuffer(), Buffer.alloc(400, 7)),
      1,
    ],
    ['RGB PNG with a gray profile', async () => withProfile(await scene().png().toBuffer(), linearGrayProfile()), 0.1],
    [
      'JPEG whose profile is cut off',
      async () => damaged(await scene().withIccProfile('p3').jpeg({ quality: 95 }).toBuffer()),
      3,
    ],
    [
      'WebP whose profile is damaged',
      async () => damaged(await scene().withIccProfile('p3').webp({ quality: 95 }).toBuffer()),
      3,
    ],
    [
      'AVIF whose profile is damaged',
      async () => damaged(await scene().withIccProfile('p3').avif({ quality: 90, effort: 0 }).toBuffer()),
      3,
    ],
    [
      'CMYK JPEG whose profile is damaged',
      async () => damaged(await scene().withIccProfile('cmyk').jpeg({ quality: 95 }).toBuffer()),
      12,
    ],
  ];
  it.each(broken)('%s', async (_, make, within) => {
    expect(difference(await crop(await make()), original)).toBeLessThan(within);
  });

  function withProfile(png: Uint8Array, profile: Buffer): Buffer {
    return withChunks(png, [chunk('iCCP', Buffer.concat([Buffer.from('a\0\0'), deflateSync(profile)]))]);
  }

  /** Overwrites the signature of the profile and the bytes around it. */
  function damaged(bytes: Buffer): Buffer {
    const changed = Buffer.from(bytes);
    const at = changed.indexOf('acsp');
    expect(at).toBeGreaterThan(0);
    return changed.fill(0, at - 30, at + 40);
  }
});
