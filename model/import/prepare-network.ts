import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { foldConstants } from '../passes/fold-constants.ts';
import { mergeChannelBranches } from '../passes/merge-channel-branches.ts';
import { removeIdentity } from '../passes/remove-identity.ts';
import { removeUnusedNodes } from '../passes/remove-unused-nodes.ts';
import { simplifyReshape } from '../passes/simplify-reshape.ts';
import { inferValueTypes, type ValueTypes } from '../passes/value-types.ts';
import { makeBatchDynamic } from './batch/make-batch-dynamic.ts';
import { checkImportable } from './check-importable.ts';
import { liftConstants } from './file/lift-constants.ts';
import { removeDropout } from './file/remove-dropout.ts';
import { removeUnusedWeights } from './file/remove-unused-weights.ts';
import { removeWeightInputs } from './file/remove-weight-inputs.ts';
import { exposeEmbedding } from './head/expose-embedding.ts';
import { nameProbabilities } from './head/name-probabilities.ts';
import { absorbInputAffine } from './input/absorb-input-affine.ts';
import { addUint8Input } from './input/add-uint8-input.ts';
import { convertToChannelsFirst } from './input/convert-to-channels-first.ts';
import type { Preprocessing } from './presets.ts';

export interface PreparedNetwork {
  /** `image` uint8 [N, height, width, 3] to `probabilities` [N, classes] and `embedding` [N, size]. */
  readonly graph: Graph;
  readonly classes: number;
}

/**
 * Converts a published classifier to the form that this project serves. The order of passes matters: the signature is
 * checked after weights are removed from the inputs; shapes are measured while the batch is still as published; and the
 * uint8 input is added last, since the other passes expect a float image.
 * @throws {UserError} with the part of the network that prevents it
 */
export async function prepareNetwork(
  source: Graph,
  { preprocess, networkOrder }: Preprocessing,
): Promise<PreparedNetwork> {
  const { crop } = preprocess;
  const unfolded = apply(source, [removeWeightInputs, liftConstants]);
  checkImportable(unfolded, crop);
  const { graph: folded } = await foldConstants(unfolded);
  const published = apply(folded, [removeDropout, removeUnusedNodes, convertToChannelsFirst]);
  const image = [1, 3, crop.height, crop.width];
  const types = await inferValueTypes(published, new Map(published.inputs.map(({ name }) => [name, image])));
  const simplified = apply(published, [
    (graph) => simplifyReshape(graph, types),
    (graph) => mergeChannelBranches(graph, types),
    removeUnusedNodes,
    (graph) => removeIdentity(graph, types),
    removeUnusedNodes,
  ]);
  const network = apply(simplified, [
    (graph) => makeBatchDynamic(graph, types),
    nameProbabilities,
    exposeEmbedding,
    removeUnusedWeights,
  ]);
  const { graph, mean, scale } = absorbInputAffine(network, preprocess, networkOrder);
  const { graph: served } = addUint8Input(graph, { preprocess: { ...preprocess, mean, scale }, networkOrder });
  return { graph: apply(served, [removeUnusedWeights]), classes: countClasses(published, types) };
}

/** The number of classes of the measured output, since files often leave that axis dynamic. */
function countClasses(graph: Graph, types: ValueTypes): number {
  const [output] = graph.outputs;
  const shape = types.get(output?.name ?? '')?.shape ?? [];
  const [images, classes, ...further] = shape;
  if (images !== 1 || classes === undefined || further.some((size) => size !== 1)) {
    throw new UserError(
      `not a classifier: the output ${output?.name} has the shape [${shape.join(', ')}]; export the model with [1, classes]`,
    );
  }
  return classes;
}

function apply(graph: Graph, passes: readonly ((graph: Graph) => PassResult)[]): Graph {
  return passes.reduce((current, pass) => pass(current).graph, graph);
}
