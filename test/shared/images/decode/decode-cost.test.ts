import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { arithmeticScans, progressiveScans } from '../../../../bench/costly/jpeg-files.ts';
import { compressedTexts, flatPng } from '../../../../bench/costly/png-files.ts';
import { jpegTiles } from '../../../../bench/costly/tiff-files.ts';
import { compressedTextBytes } from '../../../../shared/images/decode/compressed-text.ts';
import { decodeTime } from '../../../../shared/images/decode/decode-cost.ts';
import { scanMarkers, scansOfJpeg } from '../../../../shared/images/decode/scan-count.ts';
import { scene } from '../../../support/formats/scene.ts';

const timeOf = async (bytes: Uint8Array) => decodeTime(bytes, await sharp(bytes).metadata());

describe('the expected time to decode', () => {
  it('is a few milliseconds for a small photo, progressive or not', async () => {
    for (const progressive of [false, true]) {
      const { expected } = await timeOf(await scene().resize(640, 480).jpeg({ progressive }).toBuffer());
      expect(expected).toBeLessThan(0.05);
    }
  });

  it('grows with the scans of a JPEG, whatever codes them', async () => {
    for (const bytes of [progressiveScans(1024, 3), arithmeticScans(1024, 3)]) {
      const { expected, least } = await timeOf(bytes);
      expect(expected).toBeGreaterThan(2);
      expect(least).toBeGreaterThan(0.3);
      expect(least).toBeLessThan(expected);
    }
  });

  it('counts the scans of each tile of a TIFF', async () => {
    const { expected } = await timeOf(jpegTiles(1024, 128, progressiveScans));
    expect(expected).toBeGreaterThan(1);
  });

  it('ignores bytes that look like scans where a JPEG has one', async () => {
    const jpeg = await scene().jpeg().toBuffer();
    const marks = Buffer.alloc(20_000).fill(Buffer.from([0xff, 0xda]));
    const { expected } = await timeOf(Buffer.concat([jpeg, marks]));
    expect(expected).toEqual((await timeOf(jpeg)).expected);
  });
});

describe('the scans of a progressive JPEG', () => {
  const marks = Buffer.alloc(2 ** 24, 'ffda', 'hex');

  it('are not those behind its end, and counting ends', async () => {
    const jpeg = await scene().jpeg({ progressive: true }).toBuffer();
    expect(await timeOf(Buffer.concat([jpeg, marks.subarray(0, 20_000)]))).toEqual(await timeOf(jpeg));
    expect(scanMarkers(marks)).toBe(2 ** 16);
  });

  it('go on behind a segment that holds an end marker', () => {
    const bytes = progressiveScans(1024);
    const frame = bytes.indexOf(Buffer.from([0xff, 0xda]));
    const comment = Buffer.from('fffe0004ffd9', 'hex');
    const hidden = Buffer.concat([bytes.subarray(0, frame), comment, bytes.subarray(frame)]);
    expect(scansOfJpeg(hidden)).toBe(scansOfJpeg(bytes));
    expect(scansOfJpeg(bytes)).toBeGreaterThan(800);
  });
});

describe('compressed texts of a PNG', () => {
  it('are counted, and plain ones are not', () => {
    expect(compressedTextBytes(compressedTexts(100_000))).toBeGreaterThan(80_000);
    expect(compressedTextBytes(compressedTexts(100_000, 'iTXt'))).toBeGreaterThan(80_000);
    expect(compressedTextBytes(flatPng({ side: 64, color: 2, bits: 8 }))).toBe(0);
  });

  it('are none in other bytes, and in a file that ends early', async () => {
    expect(compressedTextBytes(await scene().jpeg().toBuffer())).toBe(0);
    expect(compressedTextBytes(Buffer.from([0x89, 0x50, 0x4e]))).toBe(0);
    const cut = compressedTexts(100_000).subarray(0, 5000);
    expect(compressedTextBytes(cut)).toBeGreaterThanOrEqual(0);
  });
});
