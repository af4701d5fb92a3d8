import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { defaultDecodeLimits } from '../../../shared/decode/identify.ts';
import { cropCounts } from '../../../shared/model-manifest.ts';
import { preprocess } from '../../../shared/preprocess/preprocess.ts';
import { smallRule } from '../../support/formats/rules.ts';

const mebibyte = 2 ** 20;
const colour = [200, 100, 50];

describe.each([
  [1, 30_000],
  [30_000, 1],
  [1, 1],
])('a strip of %i × %i pixels', (width, height) => {
  it.each(
    (['center', 'ten', 'multiscale'] as const).flatMap((rule) => [[rule, 'warp'] as const, [rule, 'cover'] as const]),
  )('gives its %s crops, resized by %s, in little memory', async (crop, resize) => {
    const [r = 0, g = 0, b = 0] = colour;
    const strip = await sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
      .png()
      .toBuffer();
    const rule = {
      ...smallRule(),
      resize: { rule: resize, width: 256, height: 256 },
      crop: { rule: crop, width: 224, height: 224 },
    };
    const before = process.memoryUsage.rss();
    const { count, pixels } = await preprocess(strip, rule, defaultDecodeLimits);
    expect((process.memoryUsage.rss() - before) / mebibyte).toBeLessThan(150);
    expect(pixels.length).toBe(cropCounts[crop] * 224 * 224 * 3);
    expect(count).toBe(cropCounts[crop]);
    expect(pixels.every((value, at) => value === colour[at % 3])).toBe(true);
  });
});
