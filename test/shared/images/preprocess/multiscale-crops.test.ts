import sharp, { type Region } from 'sharp';
import { describe, expect, it } from 'vitest';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import { multiscaleCrops } from '../../../../shared/images/preprocess/multiscale-crops.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { scene } from '../../../support/formats/scene.ts';

const rule = { ...smallRule('multiscale'), crop: { rule: 'multiscale', width: 28, height: 28 } } as const;
const crop = { width: 28, height: 28 };
const cropBytes = 28 * 28 * 3;
/** 8, 9, 10 and 11 sevenths of 28. */
const scales = [32, 36, 40, 44];

/** Section 7 of the paper with sharp's own extract, resize and flop. */
async function byThePaper(png: Uint8Array, squares: readonly Region[]): Promise<Buffer[]> {
  const crops: Buffer[] = [];
  for (const side of scales) {
    for (const square of squares) {
      const resized = await sharp(png).extract(square).resize(side, side, { fit: 'fill' }).png().toBuffer();
      for (const view of [resized, await sharp(resized).flop().png().toBuffer()]) {
        const last = side - 28;
        const middle = last >> 1;
        for (const [left, top] of [
          [0, 0],
          [last, 0],
          [0, last],
          [last, last],
          [middle, middle],
        ] as const) {
          crops.push(
            await sharp(view)
              .extract({ left, top, ...crop })
              .raw()
              .toBuffer(),
          );
        }
        crops.push(await sharp(view).resize(28, 28, { fit: 'fill' }).raw().toBuffer());
      }
    }
  }
  return crops;
}

const side = 64;
const square = { width: side, height: side };

describe('the 144 crops of an image', () => {
  it.each([
    ['landscape', () => scene().png().toBuffer(), [0, 16, 32].map((left) => ({ left, top: 0, ...square }))],
    [
      'portrait',
      async () =>
        sharp(await scene().png().toBuffer())
          .rotate(90)
          .png()
          .toBuffer(),
      [0, 16, 32].map((top) => ({ left: 0, top, ...square })),
    ],
    [
      'square',
      () => scene().resize(side, side, { fit: 'fill' }).png().toBuffer(),
      [0, 0, 0].map(() => ({ left: 0, top: 0, ...square })),
    ],
  ])(
    'that is %s: four scales, three squares, mirrored and not, five windows and the whole square',
    async (_, make, squares) => {
      const png = await make();
      const { count, pixels } = (await cropImage(png, rule, defaultDecodeLimits)).tensor;
      const expected = await byThePaper(png, squares);
      expect(count).toBe(144);
      expect(expected).toHaveLength(144);
      const equal = expected.map((crop, index) =>
        crop.equals(pixels.subarray(index * cropBytes, (index + 1) * cropBytes)),
      );
      expect(equal.indexOf(false)).toBe(-1);
      expect(pixels.length).toBe(144 * cropBytes);
    },
  );
});

describe('an image', () => {
  it.each([
    ['is decoded once for all crops', 3000, 2000, 1],
    ['of 100 MB or more is decoded for each square of each scale instead of kept', 9000, 4000, 12],
    ['that is square has one square per scale', 6000, 6000, 4],
  ])('%s: %i × %i pixels', async (_, width, height, times) => {
    let opened = 0;
    const open = () => {
      opened += 1;
      return sharp({ create: { width, height, channels: 3, background: 'red' } });
    };
    const pixels = await multiscaleCrops(open, rule, { width, height });
    expect(pixels.length).toBe(144 * cropBytes);
    expect(opened).toBe(times);
  });
});
