import sharp from 'sharp';
import { expect, it } from 'vitest';
import { cropPlan } from '../../../model/finetune/crop-plan.ts';
import { defaultDecodeLimits } from '../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../shared/images/preprocess/crop-image.ts';
import type { Preprocess } from '../../../shared/models/model-manifest.ts';

it('predicts by the crop that the model takes, also if ten are learned from', async () => {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 60 };
  const image = await sharp({ create: { width: 90, height: 70, channels: 3, noise, background: '#888' } })
    .png()
    .toBuffer();
  const rule = (crop: Preprocess['crop']['rule']): Preprocess => ({
    resize: { rule: 'warp', width: 41, height: 36 },
    crop: { rule: crop, width: 32, height: 32 },
    colourOrder: 'RGB',
    mean: [0, 0, 0],
    scale: [1, 1, 1],
    background: [255, 255, 255],
  });
  const { learned, averaged } = cropPlan('center', 10);
  expect({ learned, crops: averaged.length }).toEqual({ learned: 'ten', crops: 1 });
  const { tensor } = await cropImage(image, rule(learned), defaultDecodeLimits);
  const size = tensor.pixels.byteLength / tensor.count;
  const [at = -1] = averaged;
  const center = await cropImage(image, rule('center'), defaultDecodeLimits);
  expect(Buffer.compare(tensor.pixels.subarray(at * size, (at + 1) * size), center.tensor.pixels)).toBe(0);
});

it('learns from the crops that a model averages', () => {
  expect(cropPlan('center', 1)).toEqual({ learned: 'center', averaged: [0] });
  expect(cropPlan('ten', 1)).toEqual({ learned: 'ten', averaged: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] });
});
