import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { comparePredictions } from '../verify/agreement.ts';
import { type Prediction, predictCrops } from '../verify/predict-crops.ts';
import { hasEqualLabels, minCosine } from './check-int8.ts';
import { type FloatModel, makeInt8Network } from './int8-model.ts';
import type { Observations } from './observe-values.ts';

/** Images on which the cost of each layer is measured. */
const costImages = 8;

export interface LayerChoice {
  /** Outputs of the layers that stay in float, the most expensive in agreement first. */
  readonly floatLayers: readonly string[];
  /** True if the agreement was reached on the images of the choice. */
  readonly isEnough: boolean;
}

/** Images of a choice, uint8 [height, width, 3] each. */
export interface ChoiceImages {
  /** On which the cost of each layer is measured. */
  readonly crops: readonly Uint8Array[];
  /** On which the networks must agree; not used for the ranges. */
  readonly heldOut: readonly Uint8Array[];
}

/**
 * Chooses the layers that stay in float, so that the int8 network agrees with the float one. None if it already does.
 *
 * The cost of a layer is what it takes from the cosine of the embeddings if only that layer is in int8, measured once. The
 * costliest 1, 2, 4, ... layers go back to float until the network agrees; half of the layers at most, since more are not worth
 * an int8 model. A network that was chosen must agree on more than required, by a third of the allowed differences: the choice is
 * fitted to these images.
 * @param minAgreement required share of images with the same label
 * @param onCosts called before the costs are measured, with the number of layers
 */
export async function chooseFloatLayers(
  float: FloatModel,
  observations: Observations,
  { crops, heldOut }: ChoiceImages,
  minAgreement: number,
  onCosts?: (layers: number) => void,
): Promise<LayerChoice> {
  const { manifest, network } = float.model;
  const expected = await predictCrops(heldOut, network, manifest);
  const predict = (floatLayers: ReadonlySet<string>, images: readonly Uint8Array[]) =>
    predictCrops(images, makeInt8Network(float, observations, floatLayers).network, manifest);
  const agrees = async (floatLayers: readonly string[], share: number) => {
    const agreement = comparePredictions(expected, await predict(new Set(floatLayers), heldOut));
    return hasEqualLabels(agreement, share) && agreement.embeddingCosine >= minCosine;
  };
  if (await agrees([], minAgreement)) return { floatLayers: [], isEnough: true };
  const layers = layersOf(float, observations);
  const some = crops.slice(0, costImages);
  const someExpected = await predictCrops(some, network, manifest);
  onCosts?.(layers.length);
  const costs: { layer: string; cost: number }[] = [];
  for (const layer of layers) {
    const others = new Set(layers.filter((other) => other !== layer));
    costs.push({ layer, cost: costOf(someExpected, await predict(others, some)) });
  }
  const ordered = costs.toSorted((a, b) => b.cost - a.cost).map(({ layer }) => layer);
  const most = Math.ceil(layers.length / 2);
  for (let count = 1; ; count = Math.min(2 * count, most)) {
    const floatLayers = ordered.slice(0, count);
    const isEnough = await agrees(floatLayers, minAgreement + (1 - minAgreement) / 3);
    if (isEnough || count >= most) return { floatLayers, isEnough };
  }
}

function costOf(expected: readonly Prediction[], actual: readonly Prediction[]): number {
  return 1 - comparePredictions(expected, actual).embeddingCosine;
}

/** Outputs of the layers that round weights, sums or products of maps. The others copy bytes or compute in float. */
function layersOf({ graph }: FloatModel, observations: Observations): string[] {
  const isLayer = (node: NodeProto) =>
    isOperator(node, 'Conv', 'AveragePool') ||
    (isOperator(node, 'Add', 'Mul') && node.input.every((name) => observations.has(name)));
  return graph.nodes.filter(isLayer).flatMap(({ output: [output = ''] }) => (observations.has(output) ? [output] : []));
}
