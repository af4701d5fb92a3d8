import type { CropRule } from '../../../shared/models/crop-rule.ts';
import type { Preprocess } from '../../../shared/models/model-manifest.ts';

/** Crops of 32 × 32 of an image warped to 36 × 36. */
export function smallRule(crop: CropRule = 'center'): Preprocess {
  return {
    resize: { rule: 'warp', width: 36, height: 36 },
    crop: { rule: crop, width: 32, height: 32 },
    colourOrder: 'RGB',
    mean: [123, 117, 104],
    scale: [1, 1, 1],
    background: [255, 255, 255],
  };
}
