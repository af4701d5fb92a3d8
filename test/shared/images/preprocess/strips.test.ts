import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { cropsPerImage } from '../../../../shared/models/crop-rule.ts';
import { peakOf } from '../../../support/peak-of.ts';

const mebibyte = 2 ** 20;

describe.each([
  [1, 30_000],
  [30_000, 1],
  [1, 1],
])('a strip of %i × %i pixels', (width, height) => {
  it.each(
    (['center', 'ten', 'multiscale'] as const).flatMap((rule) => [[rule, 'warp'] as const, [rule, 'cover'] as const]),
  )('gives its %s crops, resized by %s, within 100 MiB', async (crop, resize) => {
    const strip = await sharp({ create: { width, height, channels: 3, background: { r: 200, g: 100, b: 50 } } })
      .png()
      .toBuffer();
    const { outcome, colour, grown } = await peakOf(strip, { crops: cropsPerImage[crop], resize });
    expect({ outcome, colour }).toEqual({ outcome: 'decoded', colour: [200, 100, 50] });
    expect(grown / mebibyte).toBeLessThan(100);
  });
});
