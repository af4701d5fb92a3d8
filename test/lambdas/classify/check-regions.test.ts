import { describe, expect, it } from 'vitest';
import { checkCrop } from '../../../lambdas/classify/check-crop.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { messageWithRegions, withRegions } from '../../support/region-crops.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

const folder = temporaryFolder();
await writeTinyModel(folder);
const plain = await loadModel(folder);
const model = withRegions(plain, 3);
const valid = messageWithRegions({ maximum: 3, fills: [1, 2, 3] });
const box = { x: 0, y: 0, width: 1, height: 1, objectness: 0.5 };

describe('regions of a message', () => {
  it('fit a model that classifies regions, also if there are none', () => {
    expect(checkCrop(valid, model)).toBeUndefined();
    expect(checkCrop({ ...valid, regions: { boxes: [], pixels: [] } }, model)).toBeUndefined();
  });

  it.each<[string, Partial<CropMessage>, RegExp]>([
    [
      'more than the model classifies',
      { regions: { boxes: [box, box, box, box], pixels: [] } },
      /at most 3 regions of an image, received 4/,
    ],
    [
      'a box beyond the right edge',
      { regions: { boxes: [{ ...box, x: 60, width: 5 }], pixels: [] } },
      /^the region 60,0,5,1 is not inside the image of 64×48 pixels$/,
    ],
    [
      'a box beyond the lower edge',
      { regions: { boxes: [{ ...box, y: 48 }], pixels: [] } },
      /^the region 0,48,1,1 is not inside/,
    ],
    ...(['x', 'y'] as const).map((side): [string, Partial<CropMessage>, RegExp] => [
      `a box with a negative ${side}`,
      { regions: { boxes: [{ ...box, [side]: -1 }], pixels: [new Uint8Array(3072)] } },
      /is not inside the image/,
    ]),
    ...(['width', 'height'] as const).map((side): [string, Partial<CropMessage>, RegExp] => [
      `a box without ${side}`,
      { regions: { boxes: [{ ...box, [side]: 0 }], pixels: [new Uint8Array(3072)] } },
      /is not inside the image/,
    ]),
    [
      'fewer crops than boxes',
      { regions: { boxes: [box, box], pixels: [new Uint8Array(3072)] } },
      /^expected 2 crops of 3072 bytes for the regions, received 3072 bytes$/,
    ],
    [
      'crops that are cut between chunks',
      { regions: { boxes: [box, box], pixels: [new Uint8Array(3000), new Uint8Array(3144)] } },
      /^expected 2 crops of 3072 bytes/,
    ],
  ])('are rejected: %s', (_, change, message) => {
    expect(checkCrop({ ...valid, ...change }, model)).toMatchObject({
      reason: 'invalid_crop',
      message: expect.stringMatching(message),
    });
  });

  it('are rejected if the model classifies another number, or none', () => {
    expect(checkCrop(valid, withRegions(plain, 4))?.message).toMatch(
      /made by preprocess \S+, the model needs .*: deploy .* with the same crops and regions$/,
    );
    expect(checkCrop(valid, plain)?.message).toMatch(/made by preprocess \S+, the model needs/);
  });

  it('are missing if a message has none although its preprocessing asks for them', () => {
    const { regions: _, ...message } = valid;
    expect(checkCrop(message, model)?.message).toBe(
      'the message has no regions, the model needs them: deploy ingest and classify of the same version',
    );
  });
});
