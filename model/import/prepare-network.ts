import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { imageInputOf } from '../graph/image-input.ts';
import { tensorType } from '../graph/value.ts';
import { elementType, elementTypeName } from '../onnx/element-type.ts';
import { removeIdentity } from '../passes/remove-identity.ts';
import { removeUnusedNodes } from '../passes/remove-unused-nodes.ts';
import { simplifyReshape } from '../passes/simplify-reshape.ts';
import { inferValueTypes, type ValueTypes } from '../passes/value-types.ts';
import { makeBatchDynamic } from './batch/make-batch-dynamic.ts';
import { selectBeforeTranspose } from './batch/select-before-transpose.ts';
import { checkImageSize } from './check-importable.ts';
import { removeUnusedWeights } from './file/remove-unused-weights.ts';
import { checkNormalizedAxis } from './head/check-normalized-axis.ts';
import { exposeEmbedding } from './head/expose-embedding.ts';
import { nameProbabilities } from './head/name-probabilities.ts';
import { absorbInputAffine } from './input/absorb-input-affine.ts';
import { acceptFloatImage } from './input/accept-float-image.ts';
import { addLuminance } from './input/add-luminance.ts';
import { addUint8Input } from './input/add-uint8-input.ts';
import { convertToChannelsFirst } from './input/convert-to-channels-first.ts';
import type { Preprocessing } from './presets.ts';
import type { PublishedNetwork } from './published-network.ts';

export interface PreparedNetwork {
  /** `image` uint8 [N, height, width, 3] to `probabilities` [N, classes] and `embedding` [N, size]. */
  readonly graph: Graph;
  readonly classes: number;
  /** How many numbers the published network gives per image: 1 for a network with one logit, which has two classes. */
  readonly perImage: number;
}

/**
 * Converts a published classifier to the form that this project serves: first the batch, then the head, then the image.
 * The order of passes matters: shapes are measured while the batch is still as published, and the uint8 input is added
 * last, since the other passes expect a float image.
 * @throws {UserError} with the part of the network that prevents it
 */
export async function prepareNetwork(
  source: PublishedNetwork,
  { preprocess, networkOrder }: Preprocessing,
): Promise<PreparedNetwork> {
  const { crop } = preprocess;
  checkImageSize(source.image, crop);
  const published = apply(source.graph, [acceptFloatImage, convertToChannelsFirst]);
  const { name, channels, batch = 1 } = imageInputOf(published);
  const types = await inferValueTypes(published, new Map([[name, [batch, channels, crop.height, crop.width]]]));
  const perImage = countOutputs(source.output, types, batch);
  checkNormalizedAxis(published, { output: source.output, classes: perImage, types });
  const simplified = apply(published, [
    (graph) => simplifyReshape(graph, types),
    removeUnusedNodes,
    (graph) => removeIdentity(graph, types),
    removeUnusedNodes,
  ]);
  const network = apply(simplified, [
    selectBeforeTranspose,
    (graph) => makeBatchDynamic(graph, types, batch),
    (graph) => exposeEmbedding(graph, types),
    (graph) => nameProbabilities(graph, types),
    removeUnusedNodes,
    removeUnusedWeights,
  ]);
  // The luminance has no color order: its weights must not be reversed.
  const order = channels === 1 ? 'RGB' : networkOrder;
  // The luminance is rounded to bytes before the network normalizes it.
  const isRounded = channels === 1 && source.image.type === 'uint8';
  const { mean, scale } = preprocess;
  const absorbed = isRounded ? { graph: network, mean, scale } : absorbInputAffine(network, preprocess, order);
  const color = apply(absorbed.graph, [
    removeUnusedNodes,
    (graph) => removeIdentity(graph, types),
    (graph) => addLuminance(graph, { isRounded }),
  ]);
  const { graph: served } = addUint8Input(color, {
    preprocess: { ...preprocess, mean: absorbed.mean, scale: absorbed.scale },
    networkOrder: order,
  });
  return { graph: apply(served, [removeUnusedWeights]), classes: countClasses(served), perImage };
}

/**
 * Counts the numbers per image of an output [batch, classes], or [batch] for one class.
 * @param types as measured: files often leave the number of classes dynamic, and some state a wrong one
 */
function countOutputs(output: string, types: ValueTypes, batch: number): number {
  const { dataType, shape } = types.get(output) ?? { dataType: 0, shape: [] };
  const [images, classes, ...further] = shape;
  if (dataType !== elementType.float) {
    throw new UserError(`${output} is ${elementTypeName(dataType)}: give the output of the probabilities or logits`);
  }
  if (images !== batch || classes === 0 || further.some((size) => size !== 1)) {
    throw new UserError(
      `not a classifier: the output ${output} has the shape [${shape.join(', ')}]; export the model with an output of ` +
        `[${batch}, classes]`,
    );
  }
  return classes ?? 1;
}

function countClasses({ outputs }: Graph): number {
  const [classes] = outputs.map((output) => tensorType(output).shape?.[1]);
  if (typeof classes !== 'number') throw new Error('expected a network with a known number of classes');
  return classes;
}

function apply(graph: Graph, passes: readonly ((graph: Graph) => PassResult)[]): Graph {
  return passes.reduce((current, pass) => pass(current).graph, graph);
}
