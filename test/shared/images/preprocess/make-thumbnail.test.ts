import sharp from 'sharp';
import { expect, it } from 'vitest';
import { unboundedMemory } from '../../../../shared/images/decode/decode-memory.ts';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { makeThumbnail } from '../../../../shared/images/preprocess/make-thumbnail.ts';
import { premultipliedAvif } from '../../../support/formats/encoded-avif.ts';
import { smallFrame, withoutClear } from '../../../support/formats/gif-cases.ts';

async function lowerRight(bytes: Uint8Array): Promise<number[]> {
  const webp = await makeThumbnail(bytes, 'large', defaultDecodeLimits, unboundedMemory);
  const { data, info } = await sharp(webp).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return [...data.subarray((info.width * info.height - 1) * 3)];
}

it('a thumbnail shows white where a GIF paints nothing, as the crop does', async () => {
  expect(await lowerRight(withoutClear(await smallFrame()))).toEqual([255, 255, 255]);
});

it('a thumbnail of premultiplied colors is as bright as the crop', async () => {
  // The left edge is fully transparent.
  const webp = await makeThumbnail(premultipliedAvif, 'large', defaultDecodeLimits, unboundedMemory);
  const { data } = await sharp(webp).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect(Math.min(...data.subarray(0, 3))).toBeGreaterThan(250);
});
