import type { ModelHooks } from '../../../model/catalog/open-catalog-model.ts';
import type { Computation } from '../../../results/questions/computation.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { computedWith } from '../models/computed-with.ts';
import { openModel } from '../models/open-model.ts';

/**
 * Opens a model whose embeddings are in the results, with the crop rule that they were computed with.
 * @param stored the spaces of the embeddings, those to prefer first
 * @throws {UserError} if there is no such model, or none of these embeddings is of it
 */
export async function modelOfResults(
  choice: string,
  stored: readonly Computation[],
  storeName: string,
  hooks?: ModelHooks,
): Promise<Model> {
  const { model } = await openModel(choice, { hooks });
  for (const { model: id, preprocess } of stored) {
    const match = id === model.id ? computedWith(model, preprocess) : undefined;
    if (match !== undefined) return match.model;
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
