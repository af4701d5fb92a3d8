import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { pictures } from '../../../../bench/decode/pictures.ts';
import { estimateDecodeMemory } from '../../../../shared/images/decode/estimate-decode-memory.ts';
import { peakOf } from '../../../support/peak-of.ts';

const [width, height] = [3000, 2500];
const named = (name: string) =>
  pictures[name]?.(width, height) ?? Promise.reject(new Error(`no picture is called ${name}`));

describe('the memory that a picture takes at its peak', () => {
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
  ])('is no more than is expected of a %s, and not much less', async (name) => {
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
  /** Colours at half the size across and down: 1.5 samples a pixel, each kept in 16 bits. */
  const kept = side * side * 1.5 * 2;

  it('is kept whole where its first scan holds one component of three, although it is baseline', async () => {
    const bytes = await flat().jpeg().toBuffer();
    const separate = Buffer.from(bytes);
    const components = separate.indexOf(Buffer.from([0xff, 0xda])) + 4;
    expect(separate[components]).toBe(3);
    separate[components] = 1;
    expect((await expectedOf(separate, bytes)) - (await expectedOf(bytes))).toBe(kept);
  });

  it('is kept in twice as much where colours are not subsampled', async () => {
    const progressive = (chromaSubsampling: string) => flat().jpeg({ progressive: true, chromaSubsampling }).toBuffer();
    const [small, full] = [await progressive('4:2:0'), await progressive('4:4:4')];
    expect((await expectedOf(full)) - (await expectedOf(small))).toBe(kept);
  });
});
