import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { pictures } from '../../../../bench/decode/pictures.ts';
import { estimateDecodeMemory } from '../../../../shared/images/decode/estimate-decode-memory.ts';
import { peakOf } from '../../../support/peak-of.ts';

const [width, height] = [2000, 1500];
const named = (name: string) => pictures[name]?.(width, height) ?? Promise.reject(new Error(`unknown picture ${name}`));

describe('the peak memory of decoding', () => {
  it.each([
    'JPEG, baseline',
    'JPEG, baseline, turned',
    'JPEG, progressive, 4:4:4, turned',
    'JPEG, progressive, CMYK',
    'PNG, 16 bits',
    'PNG, interlaced, alpha, turned',
    'WebP, lossy',
    'WebP, alpha, turned',
    'AVIF, 4:4:4',
    'AVIF, 10 bits',
    'TIFF, strips, turned',
    'TIFF, tiles as large as pictures',
    'TIFF, floats',
    'GIF, transparent',
  ])('stays below the estimate for a %s, and not far below', async (name) => {
    const { expected, grown } = await peakOf(await named(name));
    expect(grown).toBeLessThanOrEqual(expected);
    expect(grown).toBeGreaterThan(expected / 3);
  });
});

describe('a JPEG', () => {
  const side = 500;
  const flat = () => sharp({ create: { width: side, height: side, channels: 3, background: 'red' } });
  const expectedOf = async (bytes: Uint8Array, like = bytes) =>
    estimateDecodeMemory(bytes, await sharp(like).metadata());
  /** With 4:2:0 subsampling: 1.5 samples per pixel, each kept in 16 bits. */
  const kept = side * side * 1.5 * 2;

  it('is kept whole if its first scan has one component of three, although it is baseline', async () => {
    const bytes = await flat().jpeg().toBuffer();
    const separate = Buffer.from(bytes);
    const components = separate.indexOf(Buffer.from([0xff, 0xda])) + 4;
    expect(separate[components]).toBe(3);
    separate[components] = 1;
    expect((await expectedOf(separate, bytes)) - (await expectedOf(bytes))).toBe(kept);
  });

  it('takes twice as much without chroma subsampling', async () => {
    const progressive = (chromaSubsampling: string) => flat().jpeg({ progressive: true, chromaSubsampling }).toBuffer();
    const [small, full] = [await progressive('4:2:0'), await progressive('4:4:4')];
    expect((await expectedOf(full)) - (await expectedOf(small))).toBe(kept);
  });
});
