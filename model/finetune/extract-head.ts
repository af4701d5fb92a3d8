import { programName } from '../../shared/failures/program-name.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { isEnsemble } from '../ensemble/is-ensemble.ts';
import { getInt, intAttribute, intsAttribute } from '../graph/attribute.ts';
import { type Graph, graphOf, modelOf } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import { freshName } from '../graph/names.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import { makeValue } from '../graph/value.ts';
import { removeUnusedWeights } from '../import/file/remove-unused-weights.ts';
import { inferValueShapes } from '../inspect/value-shapes.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { makeTensor } from '../onnx/tensor.ts';
import { removeUnusedNodes } from '../passes/remove-unused-nodes.ts';

/**
 * Extracts the part from embedding to probabilities as a separate network: float [N, size] to float [N, labels]. The
 * embedding of an ensemble is split into those of its members.
 * @throws {UserError} when the probabilities do not depend on the embedding alone, such as in a network whose classifier is
 *   a 1×1 convolution before the average pool, or an ensemble with the embedding of one member
 */
export async function extractHead(
  network: Uint8Array,
  { probabilities, embedding, embeddingSize }: ModelManifest['outputs'],
): Promise<Uint8Array> {
  const source = graphOf(decodeModel(network));
  const parts = await partsOf(source, embedding);
  const known = new Set([embedding, ...parts.nodes.flatMap(({ output }) => output)]);
  const cut: Graph = {
    ...source,
    inputs: [makeValue(embedding, 'float', ['N', embeddingSize])],
    outputs: source.outputs.filter(({ name }) => name === probabilities),
    nodes: [...parts.nodes, ...source.nodes.filter(({ output }) => !output.some((name) => known.has(name)))],
    initializers: new Map([...source.initializers, ...parts.tensors.map((tensor) => [tensor.name, tensor] as const)]),
    valueInfo: [],
  };
  const head = removeUnusedWeights(removeUnusedNodes(cut).graph).graph;
  try {
    return encodeModel(modelOf(head));
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(reason(source, probabilities), { cause });
  }
}

/** Nodes that compute from the embedding what it was put together from. */
async function partsOf(
  graph: Graph,
  embedding: string,
): Promise<{ readonly nodes: readonly NodeProto[]; readonly tensors: readonly TensorProto[] }> {
  const producer = linksOf(graph).producer(embedding);
  if (producer === undefined) return { nodes: [], tensors: [] };
  if (isOperator(producer, 'Identity')) {
    return { nodes: [makeNode('Identity', [embedding], producer.input)], tensors: [] };
  }
  if (!isOperator(producer, 'Concat') || getInt(producer, 'axis', 1) !== 1) return { nodes: [], tensors: [] };
  const { shapes } = await inferValueShapes(graph);
  const sizes = producer.input.map((name) => shapes.get(name)?.[1] ?? 0);
  const axis = intAttribute('axis', 1);
  if (graph.opset < 13) {
    const attributes = [axis, intsAttribute('split', sizes)];
    return { nodes: [makeNode('Split', [embedding], producer.input, { attributes })], tensors: [] };
  }
  const tensor = makeTensor(freshName(graph, 'embedding_sizes'), [sizes.length], BigInt64Array.from(sizes, BigInt));
  const split = makeNode('Split', [embedding, tensor.name], producer.input, { attributes: [axis] });
  return { nodes: [split], tensors: [tensor] };
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
