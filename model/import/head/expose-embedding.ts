import { UserError } from '../../../shared/failures/user-error.ts';
import { getInt, intAttribute } from '../../graph/attribute.ts';
import { classifierTail, isPointwise } from '../../graph/classifier-tail.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { freshName, renameValue, valueNames } from '../../graph/names.ts';
import { describeNode, isOperator, makeNode } from '../../graph/node.ts';
import { makeValue } from '../../graph/value.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { tensorShape } from '../../onnx/tensor.ts';
import { batchAxis } from '../batch/make-batch-dynamic.ts';

export const embeddingOutput = 'embedding';

/**
 * Adds the input of the last linear layer as an output, `embedding`, float [N, size]. If that layer is a 1×1 Conv, the
 * embedding is the average of each of its input maps. Legal only if
 * 1. the first output comes from Gemm, MatMul or a 1×1 Conv, with only a Softmax, changes of shape and a bias after it,
 *    and, after a Conv, a Relu and an average pool, and
 * 2. the weights of that layer are constant, so that the size is known, and have two axes in a Gemm or MatMul.
 * @throws {UserError} naming the layer, or the node in its place
 */
export function exposeEmbedding(graph: Graph): PassResult {
  const [output] = graph.outputs;
  if (output === undefined) throw new UserError('the network has no output');
  const { last } = classifierTail(graph, output.name);
  const [features] = last?.input ?? [];
  const isLinear = last !== undefined && (isOperator(last, 'Gemm', 'MatMul') || isPointwise(last, graph));
  if (last === undefined || features === undefined || !isLinear) {
    const received = last === undefined ? 'no node' : describeNode(last);
    throw new UserError(
      `no embedding: the last layer is ${received}; export a model that ends with Gemm, MatMul or a 1×1 Conv`,
    );
  }
  const size = featureCount(graph, last);
  const named = isOperator(last, 'Conv')
    ? averageMaps(graph, last, features)
    : renameValue(graph, features, embeddingOutput);
  return {
    graph: { ...named, outputs: [...named.outputs, makeValue(embeddingOutput, 'float', [batchAxis, size])] },
    modified: true,
  };
}

/** Adds GlobalAveragePool and Flatten on the input maps of a layer. */
function averageMaps(graph: Graph, layer: NodeProto, maps: string): Graph {
  const renamed = valueNames(graph).has(embeddingOutput)
    ? renameValue(graph, embeddingOutput, freshName(graph, `${embeddingOutput}_1`))
    : graph;
  const index = graph.nodes.indexOf(layer);
  const source = renamed.nodes[index]?.input[0] ?? maps;
  const averaged = freshName(renamed, 'embedding_maps');
  return {
    ...renamed,
    nodes: [
      ...renamed.nodes.slice(0, index),
      makeNode('GlobalAveragePool', [source], [averaged]),
      makeNode('Flatten', [averaged], [embeddingOutput], { attributes: [intAttribute('axis', 1)] }),
      ...renamed.nodes.slice(index),
    ],
  };
}

function featureCount(graph: Graph, layer: NodeProto): number {
  const weights = graph.initializers.get(layer.input[1] ?? '');
  const shape = weights === undefined ? [] : tensorShape(weights);
  const outputsFirst = isOperator(layer, 'Conv') || (isOperator(layer, 'Gemm') && getInt(layer, 'transB', 0) !== 0);
  const size = shape.length === 2 || isOperator(layer, 'Conv') ? shape[outputsFirst ? 1 : 0] : undefined;
  if (size === undefined) {
    throw new UserError(
      `no embedding: ${describeNode(layer)} has no constant matrix of weights; export the model with constant weights`,
    );
  }
  return size;
}
