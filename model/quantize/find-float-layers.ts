import type { Fold } from './calibrate-folds.ts';
import { chooseFloatLayers, costBudget } from './choose-float-layers.ts';
import type { FloatModel } from './int8-model.ts';
import { measureCost, measureLayerCosts } from './measure-layer-costs.ts';

/**
 * Finds the layers of a network that stay in float. None if int8 in all layers costs no more than the budget, as the mean of the
 * folds; otherwise the costs of the layers are measured in the first fold.
 * @param onCosts called before the layers are measured, with their number
 */
export async function findFloatLayers(
  float: FloatModel,
  folds: readonly [Fold, ...Fold[]],
  onCosts?: (layers: number) => void,
): Promise<string[]> {
  let cost = 0;
  for (const fold of folds) cost += await measureCost(float, fold);
  if (cost <= costBudget * folds.length) return [];
  return chooseFloatLayers(await measureLayerCosts(float, folds[0], onCosts));
}
