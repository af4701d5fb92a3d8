import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../../shared/failures/failure.ts';
import { defaultDecodeLimits } from '../../../../../shared/images/decode/identify.ts';
import { firstDirectory } from '../../../../../shared/images/decode/tiff-directory.ts';
import { cropImage } from '../../../../../shared/images/preprocess/crop-image.ts';
import type { CropRule } from '../../../../../shared/models/crop-rule.ts';
import { restartJpeg, scanPerComponentJpeg } from '../../../../support/formats/encoded-jpeg.ts';
import { smallRule } from '../../../../support/formats/rules.ts';
import { height, pixels, scene, width } from '../../../../support/formats/scene.ts';
import { tiffFile } from '../../../../support/formats/tiff-file.ts';

const rules: readonly CropRule[] = ['center', 'ten', 'multiscale'];
const endMarker = Buffer.from('ffd9', 'hex');

/** A hash of the crop, or the reason of the failure. */
async function outcome(bytes: Uint8Array, rule: CropRule = 'ten'): Promise<string> {
  return cropImage(bytes, smallRule(rule), defaultDecodeLimits).then(
    ({ tensor }) => createHash('md5').update(tensor.pixels).digest('hex'),
    (error: unknown) => Failure.from(error).reason,
  );
}

async function outcomes(bytes: Uint8Array): Promise<readonly string[]> {
  // One after another: libvips keeps one error text for all its threads.
  const all: string[] = [];
  for (const rule of rules) all.push(await outcome(bytes, rule));
  return all;
}

/** A picture without repetitions, so that no rows are coded in a few bits. */
function noisy(): Sharp {
  const size = { width: 300, height: 400 };
  const bytes = Uint8Array.from(
    { length: size.width * size.height * 3 },
    (_, index) => ((index * 2_654_435_761) >>> 7) & 255,
  );
  return sharp(bytes, { raw: { ...size, channels: 3 } });
}

describe('a JPEG that was cut and closed with an end marker', () => {
  it.each([
    ['baseline', () => noisy().jpeg().toBuffer()],
    ['progressive', () => noisy().jpeg({ progressive: true }).toBuffer()],
    ['gray', () => noisy().greyscale().toColourspace('b-w').jpeg().toBuffer()],
    ['with restart markers', async () => restartJpeg],
  ])('is truncated: %s', async (_, make) => {
    const bytes = await make();
    for (const share of [0.3, 0.6, 0.8]) {
      const length = Math.max(bytes.indexOf('ffda', 0, 'hex') + 20, Math.floor(bytes.length * share));
      const closed = Buffer.concat([bytes.subarray(0, length), endMarker]);
      expect(await outcomes(closed)).toEqual(['truncated', 'truncated', 'truncated']);
    }
  });

  it('is not mistaken for one with other bytes between its scans, of which the decoder warns too', async () => {
    const bytes = await noisy().jpeg({ progressive: true }).toBuffer();
    const at = bytes.indexOf('ffc4', bytes.indexOf('ffda', 0, 'hex'), 'hex');
    const odd = Buffer.concat([bytes.subarray(0, at), Buffer.from('other bytes'), bytes.subarray(at)]);
    await expect(sharp(odd, { failOn: 'warning' }).raw().toBuffer()).rejects.toThrow('extraneous bytes');
    expect(await outcomes(odd)).toEqual(await outcomes(bytes));
  });
});

describe('a JPEG without an end marker', () => {
  it('is decoded if each scan holds one component', async () => {
    expect(await outcomes(scanPerComponentJpeg.subarray(0, -2))).toEqual(await outcomes(scanPerComponentJpeg));
    expect(await outcome(scanPerComponentJpeg.subarray(0, -20))).toBe('truncated');
  });

  it('is truncated if zeros are in place of its last bytes, however few', async () => {
    const whole = await outcome(restartJpeg);
    expect(await outcome(Buffer.concat([restartJpeg.subarray(0, -2), Buffer.alloc(2)]))).toBe(whole);
    for (let missing = 4; missing < 30; missing += 1) {
      const zeroed = Buffer.from(restartJpeg).fill(0, restartJpeg.length - missing);
      expect([missing, await outcome(zeroed)]).toEqual([missing, 'truncated']);
    }
  });
});

/** The scene over black rows, so that uncompressed rows end in zeros. */
const blackBelow = Buffer.from(pixels).fill(0, (pixels.length / 4) * 3);

function strip(data: Uint8Array, compression: number): Buffer {
  return tiffFile([{ width, height, pixels, chunks: [data], tags: { 259: compression } }]);
}

/** PackBits without runs. */
function literals(bytes: Buffer): Buffer {
  const rows = Array.from({ length: bytes.length / 96 }, (_, row) => bytes.subarray(row * 96, (row + 1) * 96));
  return Buffer.concat(rows.flatMap((row) => [Buffer.from([95]), row]));
}

describe('a TIFF whose pixels end in zeros', () => {
  const [packBits, deflate, lzw] = [32_773, 8, 5];

  it('is decoded if they are pixels or follow the end of the compressed data', async () => {
    const [expected, black] = await Promise.all([outcome(strip(pixels, 1)), outcome(strip(blackBelow, 1))]);
    expect(await outcome(strip(literals(blackBelow), packBits))).toBe(black);
    expect(await outcome(strip(Buffer.concat([deflateSync(pixels), Buffer.alloc(200)]), deflate))).toBe(expected);
    expect(await outcome(strip(Buffer.concat([await lzwStrip(), Buffer.alloc(200)]), lzw))).toBe(expected);
  });

  it('is truncated if they are in place of the last part', async () => {
    const files: readonly (readonly [Buffer, number])[] = [
      [deflateSync(pixels), deflate],
      [await lzwStrip(), lzw],
      [literals(Buffer.from(pixels)), packBits],
    ];
    for (const [data, compression] of files) {
      for (const share of [0.2, 0.5, 0.9]) {
        const zeroed = Buffer.from(data).fill(0, Math.floor(data.length * share));
        expect([compression, share, await outcome(strip(zeroed, compression))]).toEqual([
          compression,
          share,
          'truncated',
        ]);
      }
    }
  });

  it('is truncated if its color coefficients are among the zeros', async () => {
    const bytes = await scene().tiff({ compression: 'jpeg', quality: 80 }).toBuffer();
    const whole = await outcome(bytes);
    for (let missing = 1; missing < 200; missing += 3) {
      const zeroed = Buffer.from(bytes).fill(0, bytes.length - missing);
      expect(['truncated', 'corrupt', 'unsupported_format', whole]).toContain(await outcome(zeroed));
    }
  });
});

/** The scene as one strip of LZW. */
async function lzwStrip(): Promise<Buffer> {
  const bytes = await scene().tiff({ compression: 'lzw', predictor: 'none' }).toBuffer();
  const page = firstDirectory(bytes);
  const [at = 0, length = 0, second] = [page?.first(273), page?.first(279), page?.number(273, 1)];
  if (second !== undefined) throw new Error('expected a single strip');
  return bytes.subarray(at, at + length);
}

describe('a TIFF with two entries of the same tag', () => {
  it('is read as the decoder reads it: the first counts', async () => {
    const bytes = tiffFile([{ width, height, pixels, tags: { 65000: [7] } }]);
    const other = bytes.indexOf(Buffer.from([0xe8, 0xfd, 3, 0]));
    bytes.writeUInt16LE(259, other);
    expect(await outcome(bytes)).toBe(await outcome(strip(pixels, 1)));
  });
});
