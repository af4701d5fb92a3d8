import type { Graph, PassResult } from '../graph/graph.ts';
import { addUint8Head } from './add-uint8-head.ts';
import { checkSource } from './check-source.ts';
import { dropUnusedWeights } from './drop-unused-weights.ts';
import { dropWeightInputs } from './drop-weight-inputs.ts';
import { exposeEmbedding } from './expose-embedding.ts';
import { liftConstants } from './lift-constants.ts';
import { makeBatchDynamic } from './make-batch-dynamic.ts';
import { nameProbabilities } from './name-probabilities.ts';
import type { Preset } from './presets.ts';
import { removeDropout } from './remove-dropout.ts';

export interface PreparedNetwork {
  /** `image` uint8 [N, height, width, 3] to `probabilities` [N, classes] and `embedding` [N, size]. */
  readonly graph: Graph;
  readonly classes: number;
}

/**
 * A published classifier as this project serves it. The order matters: the signature is checked once the weights have
 * left the inputs, and the head comes last, since the passes before it expect a float image.
 * @throws {UserError} naming what in the network prevents it.
 */
export function prepareNetwork(source: Graph, preset: Preset): PreparedNetwork {
  const bare = apply(source, [dropWeightInputs, liftConstants]);
  const classes = checkSource(bare, preset.preprocess.crop);
  const graph = apply(bare, [
    removeDropout,
    makeBatchDynamic,
    nameProbabilities,
    exposeEmbedding,
    dropUnusedWeights,
    (network) => addUint8Head(network, preset),
  ]);
  return { graph, classes };
}

function apply(graph: Graph, passes: readonly ((graph: Graph) => PassResult)[]): Graph {
  return passes.reduce((current, pass) => pass(current).graph, graph);
}
