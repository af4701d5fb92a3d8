import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { comparePredictions } from '../verify/agreement.ts';
import { type Prediction, predictCrops } from '../verify/predict-crops.ts';
import type { Fold } from './calibrate-folds.ts';
import type { LayerCost } from './choose-float-layers.ts';
import { type FloatModel, makeInt8Network } from './int8-model.ts';
import type { Observations } from './observe-values.ts';

/** Images on which the cost of each layer is measured. */
const costImages = 8;

/** Measures what the embeddings lose of their cosine if all layers are in int8, mean over images. */
export async function measureCost(float: FloatModel, fold: Fold): Promise<number> {
  return costOf(float, fold, await predictFloat(float, fold), []);
}

/**
 * Measures what int8 costs in each layer alone, with all others in float.
 * @param onCosts called first, with the number of layers
 */
export async function measureLayerCosts(
  float: FloatModel,
  { crops, observations }: Fold,
  onCosts?: (layers: number) => void,
): Promise<LayerCost[]> {
  const layers = layersOf(float, observations);
  onCosts?.(layers.length);
  const fold = { crops: crops.slice(0, costImages), observations };
  const expected = await predictFloat(float, fold);
  const costs: LayerCost[] = [];
  for (const layer of layers) {
    const others = layers.filter((other) => other !== layer);
    costs.push({ layer, cost: await costOf(float, fold, expected, others) });
  }
  return costs;
}

async function predictFloat({ model: { manifest, network } }: FloatModel, { crops }: Fold): Promise<Prediction[]> {
  return predictCrops(crops, network, manifest);
}

async function costOf(
  float: FloatModel,
  { crops, observations }: Fold,
  expected: readonly Prediction[],
  floatLayers: readonly string[],
): Promise<number> {
  const { network } = makeInt8Network(float, observations, new Set(floatLayers));
  return 1 - comparePredictions(expected, await predictCrops(crops, network, float.model.manifest)).embeddingCosine;
}

/** Outputs of the layers that round weights, sums or products of maps. The others copy bytes or compute in float. */
function layersOf({ graph }: FloatModel, observations: Observations): string[] {
  const isLayer = (node: NodeProto) =>
    isOperator(node, 'Conv', 'AveragePool') ||
    (isOperator(node, 'Add', 'Mul') && node.input.every((name) => observations.has(name)));
  return graph.nodes.filter(isLayer).flatMap(({ output: [output = ''] }) => (observations.has(output) ? [output] : []));
}
