import { programName } from '../../shared/failures/program-name.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { isEnsemble } from '../ensemble/is-ensemble.ts';
import { type Graph, graphOf, modelOf } from '../graph/graph.ts';
import { makeValue } from '../graph/value.ts';
import { removeUnusedWeights } from '../import/file/remove-unused-weights.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { removeUnusedNodes } from '../passes/remove-unused-nodes.ts';
import { type EmbeddingSources, embeddingSources } from './embedding-sources.ts';

/**
 * Extracts the part from embedding to probabilities as a separate network: float [N, size] to float [N, labels]. It can read
 * the embedding in another shape, and that of an ensemble in parts.
 * @throws {UserError} when the probabilities do not depend on the embedding alone, such as in a network whose classifier is
 *   a 1×1 convolution before the average pool, or an ensemble with the embedding of one member
 */
export async function extractHead(network: Uint8Array, outputs: ModelManifest['outputs']): Promise<Uint8Array> {
  const source = graphOf(decodeModel(network));
  try {
    return encodeHead(source, outputs, { nodes: [], tensors: [] });
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
  }
  try {
    return encodeHead(source, outputs, await embeddingSources(source, outputs.embedding));
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(reason(source, outputs.probabilities), { cause });
  }
}

/** @throws {UserError} when the head reads a value that is not computed from the embedding */
function encodeHead(
  source: Graph,
  { probabilities, embedding, embeddingSize }: ModelManifest['outputs'],
  { nodes, tensors }: EmbeddingSources,
): Uint8Array {
  const known = new Set([embedding, ...nodes.flatMap(({ output }) => output)]);
  const cut: Graph = {
    ...source,
    inputs: [makeValue(embedding, 'float', ['N', embeddingSize])],
    outputs: source.outputs.filter(({ name }) => name === probabilities),
    nodes: [...nodes, ...source.nodes.filter(({ output }) => !output.some((name) => known.has(name)))],
    initializers: new Map([...source.initializers, ...tensors.map((tensor) => [tensor.name, tensor] as const)]),
    valueInfo: [],
  };
  return encodeModel(modelOf(removeUnusedWeights(removeUnusedNodes(cut).graph).graph));
}

function reason(graph: Graph, probabilities: string): string {
  if (!isEnsemble(graph, probabilities)) {
    return `the probabilities of this model do not depend on its embedding alone: use "${programName()} run" for it`;
  }
  return (
    'the embedding of this ensemble does not contain those of all members, from which its probabilities are computed: ' +
    'combine them without --embedding-of, and classify the images with that ensemble'
  );
}
