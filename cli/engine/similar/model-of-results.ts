import type { ModelHooks } from '../../../model/catalog/open-catalog-model.ts';
import type { Results } from '../../../results/open/open-results.ts';
import { embeddedImages } from '../../../results/similar/embeddings/embedded-images.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { cropRules } from '../../../shared/models/crop-rule.ts';
import { type Model, modelWithCropRule } from '../../../shared/models/model-directory.ts';
import { openModel } from '../models/open-model.ts';

/**
 * Opens a model whose embeddings are in the results, with the crop rule that they were computed with.
 * @throws {UserError} if there is no such model, or the results have no embeddings of it
 */
export async function modelOfResults(
  choice: string,
  results: Results,
  storeName: string,
  hooks?: ModelHooks,
): Promise<Model> {
  const { model } = await openModel(choice, { hooks });
  const stored = await embeddedImages(results);
  const variants = [model, ...cropRules.map((rule) => modelWithCropRule(model, rule))];
  for (const { model: id, preprocess } of stored) {
    const match = variants.find((variant) => variant.id === id && variant.preprocess === preprocess);
    if (match !== undefined) return match;
  }
  const isKnown = stored.some(({ model: id }) => id === model.id);
  const describe = (space: { model: string; preprocess: string }) =>
    isKnown ? `${space.model} with preprocessing ${space.preprocess}` : space.model;
  const known = new Set(stored.map(describe));
  throw new UserError(
    `${storeName} has no embeddings of ${describe({ model: model.id, preprocess: model.preprocess })} in ${choice}` +
      (known.size === 0 ? '' : `; it has those of ${[...known].join(', ')}`),
  );
}
