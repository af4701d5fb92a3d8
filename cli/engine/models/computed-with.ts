import { cropRules } from '../../../shared/models/crop-rule.ts';
import { decodeRules } from '../../../shared/models/decode-rule.ts';
import {
  type Model,
  modelWithCropRule,
  modelWithDecodeRule,
  modelWithRegions,
} from '../../../shared/models/model-directory.ts';
import { maxRegions, type RegionsRule } from '../../../shared/models/regions-rule.ts';

/** A model as a computation of the results used it. */
export interface ComputedModel {
  /** Its `preprocess` is that of the computation; its manifest has no regions, which do not change the whole image. */
  readonly model: Model;
  readonly regions?: RegionsRule;
}

/**
 * The model with the decode rule, the crop rule and the regions that give this preprocessing digest.
 * @returns undefined for another preprocessing
 */
export function computedWith(model: Model, preprocess: string): ComputedModel | undefined {
  const decoded = decodeRules.map((rule) => modelWithDecodeRule(model, rule));
  const cropped = decoded.flatMap((of) => cropRules.map((rule) => modelWithCropRule(of, rule)));
  const variants = [model, ...cropped];
  for (const variant of variants) if (variant.preprocess === preprocess) return { model: variant };
  for (const variant of variants) {
    for (let maximum = 1; maximum <= maxRegions; maximum += 1) {
      const regions = { maximum };
      if (modelWithRegions(variant, regions).preprocess === preprocess) {
        return { model: { ...variant, preprocess }, regions };
      }
    }
  }
  return undefined;
}
