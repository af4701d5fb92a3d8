import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { type Agreement, comparePredictions } from '../verify/agreement.ts';
import { type Prediction, predictCrops } from '../verify/predict-crops.ts';
import { hasEqualLabels, minCosine } from './check-int8.ts';
import { type FloatModel, makeInt8Network } from './int8-model.ts';
import type { Observations } from './observe-values.ts';

/** Images on which the cost of each layer is measured. */
const costImages = 8;

export interface LayerChoice {
  /** Outputs of the layers that stay in float, the most expensive in agreement first. */
  readonly floatLayers: readonly string[];
  /** True if the agreement was reached with two thirds of the allowed differences in reserve. */
  readonly isEnough: boolean;
}

/** Images to judge a network on, and ranges that were measured on others. */
export interface Fold {
  /** uint8 [height, width, 3] each. */
  readonly crops: readonly Uint8Array[];
  readonly observations: Observations;
}

/**
 * Chooses the layers that stay in float, so that the int8 network agrees with the float one. None if it already does.
 *
 * Each fold is judged with its own ranges, so that no image takes part in the ranges it is judged with. The cost of a layer is
 * what it takes from the cosine of the embeddings if only that layer is in int8, measured once. The costliest 1, 2, 4, ...
 * layers go back to float until the network agrees; half of the layers at most, since more are not worth an int8 model. The
 * network may use a third of the allowed differences: the choice is fitted to these images, and others must agree too. If no
 * number of layers is enough, the one that agrees most is chosen.
 *
 * A network that uses more than a third of the allowed differences, but not more than two thirds, keeps only the costliest layer
 * in float, and only if that halves what int8 costs: otherwise the errors are those of all layers, and each would cost speed.
 * @param minAgreement required share of images with the same label
 * @param onCosts called before the costs are measured, with the number of layers
 */
export async function chooseFloatLayers(
  float: FloatModel,
  folds: readonly Fold[],
  minAgreement: number,
  onCosts?: (layers: number) => void,
): Promise<LayerChoice> {
  const { manifest, network } = float.model;
  const expected = await predictCrops(
    folds.flatMap(({ crops }) => crops),
    network,
    manifest,
  );
  const predict = ({ crops, observations }: Fold, floatLayers: ReadonlySet<string>) =>
    predictCrops(crops, makeInt8Network(float, observations, floatLayers).network, manifest);
  const required = 1 - (1 - minAgreement) / 3;
  const judge = async (floatLayers: readonly string[]): Promise<Candidate> => {
    const actual: Prediction[] = [];
    for (const fold of folds) actual.push(...(await predict(fold, new Set(floatLayers))));
    const agreement = comparePredictions(expected, actual);
    const isEnough = hasEqualLabels(agreement, required) && agreement.embeddingCosine >= minCosine;
    return { floatLayers, agreement, isEnough };
  };
  const none = await judge([]);
  if (none.isEnough) return none;
  const [first] = folds;
  if (first === undefined) throw new Error('no images to choose the float layers on');
  const some = { ...first, crops: first.crops.slice(0, costImages) };
  const layers = layersOf(float, some.observations);
  onCosts?.(layers.length);
  const costs: { layer: string; cost: number }[] = [];
  for (const layer of layers) {
    const others = new Set(layers.filter((other) => other !== layer));
    const actual = await predict(some, others);
    costs.push({ layer, cost: costOf(comparePredictions(expected.slice(0, actual.length), actual)) });
  }
  const ordered = costs.toSorted((a, b) => b.cost - a.cost).map(({ layer }) => layer);
  if (
    hasEqualLabels(none.agreement, minAgreement + (1 - minAgreement) / 3) &&
    costOf(none.agreement) <= 1 - minCosine
  ) {
    const one = await judge(ordered.slice(0, 1));
    return one.isEnough && costOf(one.agreement) <= costOf(none.agreement) / 2 ? one : none;
  }
  const candidates = [none];
  const most = Math.ceil(layers.length / 2);
  for (let count = 1; ; count = Math.min(2 * count, most)) {
    const candidate = await judge(ordered.slice(0, count));
    if (candidate.isEnough) return candidate;
    candidates.push(candidate);
    if (count >= most) return candidates.reduce(moreAlike);
  }
}

interface Candidate extends LayerChoice {
  readonly agreement: Agreement;
}

/** The candidate with more equal labels, then with closer embeddings. */
function moreAlike(best: Candidate, other: Candidate): Candidate {
  const labels = other.agreement.sameLabel - best.agreement.sameLabel;
  const cosines = other.agreement.embeddingCosine - best.agreement.embeddingCosine;
  return labels > 0 || (labels === 0 && cosines > 0) ? other : best;
}

/** What int8 takes from the cosine of the embeddings. */
function costOf({ embeddingCosine }: Agreement): number {
  return 1 - embeddingCosine;
}

/** Outputs of the layers that round weights, sums or products of maps. The others copy bytes or compute in float. */
function layersOf({ graph }: FloatModel, observations: Observations): string[] {
  const isLayer = (node: NodeProto) =>
    isOperator(node, 'Conv', 'AveragePool') ||
    (isOperator(node, 'Add', 'Mul') && node.input.every((name) => observations.has(name)));
  return graph.nodes.filter(isLayer).flatMap(({ output: [output = ''] }) => (observations.has(output) ? [output] : []));
}
