import type { Results } from '../../../results/open/open-results.ts';
import { embeddedImages } from '../../../results/similar/embedded-images.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { loadModel, type Model, modelWithCropRule } from '../../../shared/models/model-directory.ts';
import { cropRuleForCount, cropsPerImage } from '../../../shared/models/model-manifest.ts';

/**
 * Loads a model whose embeddings the results have, made to see as many crops of an image as it was shown for them.
 * @throws {UserError} where there is no such model, or the results are of others
 */
export async function modelOfResults(directory: string, results: Results, storeName: string): Promise<Model> {
  const model = await loadModel(directory);
  const stored = await embeddedImages(results);
  const variants = [model, ...Object.values(cropsPerImage).flatMap((count) => withCrops(model, count))];
  for (const { model: id, preprocess } of stored) {
    const same = variants.find((variant) => variant.id === id && variant.preprocess === preprocess);
    if (same !== undefined) return same;
  }
  const isKnown = stored.some(({ model: id }) => id === model.id);
  const nameOf = (space: { model: string; preprocess: string }) =>
    isKnown ? `${space.model} with preprocessing ${space.preprocess}` : space.model;
  const known = new Set(stored.map(nameOf));
  throw new UserError(
    `expected a model whose embeddings are in ${storeName}, ${directory} holds ` +
      `${nameOf({ model: model.id, preprocess: model.preprocess })}; there are ` +
      (known.size === 0 ? 'none at all' : `those of ${[...known].join(', ')}`),
  );
}

function withCrops(model: Model, count: number): Model[] {
  const rule = cropRuleForCount(count);
  return rule === undefined ? [] : [modelWithCropRule(model, rule)];
}
