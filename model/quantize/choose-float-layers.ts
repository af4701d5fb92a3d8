import { minCosine } from './check-int8.ts';

/** What int8 costs in one layer. */
export interface LayerCost {
  /** Output of the layer. */
  readonly layer: string;
  /** What the embeddings lose of their cosine if only this layer is in int8, mean over images. */
  readonly cost: number;
}

/**
 * What int8 may cost: a part of the loss for which an int8 model is refused, since other images can cost more. Networks that cost 0.0026
 * agreed on 99 % of the labels, those that cost 0.0045 on 96 %.
 */
export const costBudget = 0.15 * (1 - minCosine);

/** Each layer in float adds conversions: with a third of the layers in float, MobileNetV2 mid was hardly faster than in float. */
const maxFloatShare = 1 / 8;

/** A value that does not fit 8 bits costs the layer that writes it and the one that reads it. */
const minFloatLayers = 2;

/**
 * Chooses the layers that stay in float: the costliest ones, until int8 in the others costs no more than the budget. Rounding errors
 * of different layers are almost independent, so that their costs add up. An eighth of the layers at most, but up to two in small
 * networks.
 */
export function chooseFloatLayers(costs: readonly LayerCost[]): string[] {
  const ordered = costs.toSorted((a, b) => b.cost - a.cost);
  const most = Math.max(minFloatLayers, Math.ceil(maxFloatShare * costs.length));
  const floatLayers: string[] = [];
  let rest = costs.reduce((sum, { cost }) => sum + cost, 0);
  for (const { layer, cost } of ordered.slice(0, most)) {
    if (rest <= costBudget) break;
    floatLayers.push(layer);
    rest -= cost;
  }
  return floatLayers;
}
