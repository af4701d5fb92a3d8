import sharp from 'sharp';
import { expect, it } from 'vitest';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import type { Preprocess } from '../../../../shared/models/model-manifest.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { scene } from '../../../support/formats/scene.ts';

const png = await scene().png().toBuffer();
const rule = smallRule('ten');
const cropBytes = 32 * 32 * 3;

async function crops(changes: Partial<Preprocess> = {}): Promise<Buffer[]> {
  const { count, pixels } = (await cropImage(png, { ...rule, ...changes }, defaultDecodeLimits)).tensor;
  expect(pixels.length).toBe(count * cropBytes);
  return Array.from({ length: count }, (_, crop) =>
    Buffer.from(pixels.subarray(crop * cropBytes, (crop + 1) * cropBytes)),
  );
}

const windows = [
  ['upper left', 0, 0],
  ['upper right', 4, 0],
  ['lower left', 0, 4],
  ['lower right', 4, 4],
  ['middle', 2, 2],
] as const;

it.each(
  windows.flatMap(([name, left, top], index) => [
    [name, left, top, index, false] as const,
    [`${name} of the mirror image`, left, top, index + 5, true] as const,
  ]),
)('the crop %s is exactly what sharp extracts', async (_, left, top, index, mirrored) => {
  const warped = await sharp(png).resize(36, 36, { fit: 'fill' }).flop(mirrored).png().toBuffer();
  const expected = await sharp(warped).extract({ left, top, width: 32, height: 32 }).raw().toBuffer();
  const all = await crops();
  expect(all).toHaveLength(10);
  expect(all[index]?.equals(expected)).toBe(true);
});

it('the fifth of the ten crops is that of the center rule', async () => {
  const { pixels } = (await cropImage(png, smallRule('center'), defaultDecodeLimits)).tensor;
  expect((await crops())[4]?.equals(pixels)).toBe(true);
});

it('crops as large as the resized image are the whole image five times and its mirror image five times', async () => {
  const all = await crops({ resize: { rule: 'warp', width: 32, height: 32 } });
  const whole = sharp(png).resize(32, 32, { fit: 'fill' });
  const mirror = await whole.clone().flop().raw().toBuffer();
  const expected = [...Array(5).fill(await whole.raw().toBuffer()), ...Array(5).fill(mirror)];
  expect(all.map((crop, index) => crop.equals(expected[index]))).toEqual(Array(10).fill(true));
});
