import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { foldConstants } from '../passes/fold-constants.ts';
import { mergeChannelBranches } from '../passes/merge-channel-branches.ts';
import { removeIdentity } from '../passes/remove-identity.ts';
import { removeUnusedNodes } from '../passes/remove-unused-nodes.ts';
import { simplifyReshape } from '../passes/simplify-reshape.ts';
import { inferValueTypes, type ValueTypes } from '../passes/value-types.ts';
import { absorbInputAffine } from './absorb-input-affine.ts';
import { addUint8Input } from './add-uint8-input.ts';
import { checkImportable } from './check-importable.ts';
import { convertToChannelsFirst } from './convert-to-channels-first.ts';
import { exposeEmbedding } from './expose-embedding.ts';
import { liftConstants } from './lift-constants.ts';
import { makeBatchDynamic } from './make-batch-dynamic.ts';
import { nameProbabilities } from './name-probabilities.ts';
import type { Preprocessing } from './presets.ts';
import { removeDropout } from './remove-dropout.ts';
import { removeUnusedWeights } from './remove-unused-weights.ts';
import { removeWeightInputs } from './remove-weight-inputs.ts';

export interface PreparedNetwork {
  /** `image` uint8 [N, height, width, 3] to `probabilities` [N, classes] and `embedding` [N, size]. */
  readonly graph: Graph;
  readonly classes: number;
}

/**
 * A published classifier as this project serves it. The order matters: the signature is checked once the weights have
 * left the inputs; shapes are measured before the batch is freed, while the network still runs as published; and the
 * head comes last, since the passes before it expect a float image.
 * @throws {UserError} naming what in the network prevents it.
 */
export async function prepareNetwork(
  source: Graph,
  { preprocess, networkOrder }: Preprocessing,
): Promise<PreparedNetwork> {
  const { crop } = preprocess;
  const bare = apply(source, [removeWeightInputs, liftConstants]);
  checkImportable(bare, crop);
  const { graph: folded } = await foldConstants(bare);
  const published = apply(folded, [removeDropout, removeUnusedNodes, convertToChannelsFirst]);
  const image = [1, 3, crop.height, crop.width];
  const types = await inferValueTypes(published, new Map(published.inputs.map(({ name }) => [name, image])));
  const plain = apply(published, [
    (graph) => simplifyReshape(graph, types),
    (graph) => mergeChannelBranches(graph, types),
    removeUnusedNodes,
    (graph) => removeIdentity(graph, types),
    removeUnusedNodes,
  ]);
  const network = apply(plain, [
    (graph) => makeBatchDynamic(graph, types),
    nameProbabilities,
    exposeEmbedding,
    removeUnusedWeights,
  ]);
  const { graph, mean, scale } = absorbInputAffine(network, preprocess, networkOrder);
  const { graph: headed } = addUint8Input(graph, { preprocess: { ...preprocess, mean, scale }, networkOrder });
  return { graph: apply(headed, [removeUnusedWeights]), classes: classesOf(published, types) };
}

/** Classes as the network gives them: files often leave that axis free. */
function classesOf(graph: Graph, types: ValueTypes): number {
  const [output] = graph.outputs;
  const shape = types.get(output?.name ?? '')?.shape ?? [];
  const [images, classes, ...further] = shape;
  if (images !== 1 || classes === undefined || further.some((size) => size !== 1)) {
    throw new UserError(
      `not a classifier: expected the output ${output?.name} to be float [1, classes], got [${shape.join(', ')}]`,
    );
  }
  return classes;
}

function apply(graph: Graph, passes: readonly ((graph: Graph) => PassResult)[]): Graph {
  return passes.reduce((current, pass) => pass(current).graph, graph);
}
