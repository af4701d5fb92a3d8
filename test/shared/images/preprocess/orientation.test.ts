import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import type { CropRule } from '../../../../shared/models/crop-rule.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { scene } from '../../../support/formats/scene.ts';
import { orientations, turned, type WriterName, writerNames } from '../../../support/formats/turned.ts';
import { difference } from '../../../support/pixels.ts';

const crops = (bytes: Uint8Array, rule: CropRule) => cropImage(bytes, smallRule(rule), defaultDecodeLimits);
const upright = await scene().png().toBuffer();

/** Maximum difference of a turned file from the upright PNG, in steps; lossy formats differ more. */
const within: Readonly<Record<WriterName, number>> = {
  JPEG: 1,
  PNG: 0.1,
  WebP: 2.5,
  AVIF: 2,
  TIFF: 0.1,
  'tiled TIFF': 0.1,
  'CMYK JPEG': 6,
};

describe.each(writerNames)('a photo stored turned, as %s', (name) => {
  it.each(orientations)('in orientation %i gives the crops of the upright photo by every rule', async (orientation) => {
    const bytes = await turned(upright, orientation, name);
    for (const rule of ['center', 'ten', 'multiscale'] as const) {
      const { tensor, width, height } = await crops(bytes, rule);
      expect({ width, height }).toEqual({ width: 96, height: 64 });
      expect(difference(tensor.pixels, (await crops(upright, rule)).tensor.pixels)).toBeLessThan(within[name]);
    }
  });
});

describe('an AVIF', () => {
  it('is turned by its container, not by EXIF', async () => {
    const avif = await turned(upright, 6, 'AVIF');
    const angle = avif.indexOf('irot') + 4;
    expect(avif[angle]).toBe(3);
    const changed = Buffer.from(avif);
    changed[angle] = 1;
    const upsideDown = await sharp(upright).rotate(180).png().toBuffer();
    const steps = async (bytes: Uint8Array) =>
      difference((await crops(changed, 'center')).tensor.pixels, (await crops(bytes, 'center')).tensor.pixels);
    expect(await steps(upsideDown)).toBeLessThan(2);
    expect(await steps(upright)).toBeGreaterThan(5);
  });
});

it('a turned photo without its tag gives other crops', async () => {
  const stored = await sharp(await turned(upright, 6, 'PNG'))
    .png()
    .toBuffer();
  const [untagged, right] = [await crops(stored, 'center'), await crops(upright, 'center')];
  expect(difference(untagged.tensor.pixels, right.tensor.pixels)).toBeGreaterThan(5);
});
