import { afterAll, expect, it } from 'vitest';
import { proposeImages } from '../../../../cli/engine/regions/propose-images.ts';
import { openCropper } from '../../../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits as limits } from '../../../../shared/images/decode/identify.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { patchScene } from '../../../support/patch-scene.ts';

const rule = { ...smallRule(), regions: { maximum: 20 } };
const cropper = openCropper({ rule, limits, pool: decodePool(1, { maxBytes: 2 ** 28 }) });
afterAll(() => cropper.close());

it.each([
  ['a JPEG', () => patchScene().jpeg()],
  ['a large JPEG', () => patchScene().resize(1600, 1200).jpeg()],
  ['a turned JPEG', () => patchScene().withMetadata({ orientation: 8 }).jpeg()],
  ['a PNG of 16 bits', () => patchScene().toColourspace('rgb16').png()],
  ['a transparent WebP', () => patchScene().ensureAlpha(0.6).webp()],
])('%s has the boxes that it has in the pipeline, here and in a process of its own', async (name, image) => {
  const bytes = await image().toBuffer();
  const [proposed] = await Array.fromAsync(proposeImages([{ name, bytes }], { max: 20, threads: 1 }));
  for (const isSuspect of [false, true]) {
    const { regions } = await cropper.crop(bytes, { isSuspect });
    expect(Object(proposed).regions).toEqual(regions?.boxes);
    expect(regions?.boxes.length).toBeGreaterThan(0);
  }
});
