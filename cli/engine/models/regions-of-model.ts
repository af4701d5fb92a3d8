import { type Model, modelWithRegions } from '../../../shared/models/model-directory.ts';
import { maxRegions } from '../../../shared/models/regions-rule.ts';

/** The preprocessing digests of a model with any number of regions, without its own: the whole image has the same embedding. */
export function preprocessesWithRegions(model: Model): string[] {
  return Array.from({ length: maxRegions }, (_, index) => modelWithRegions(model, { maximum: index + 1 }).preprocess);
}
