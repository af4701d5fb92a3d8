import { UserError } from '../../shared/failures/user-error.ts';
import { getInt, intAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { freshName, renameValue, valueNames } from '../graph/names.ts';
import { describeNode, isOperator, makeNode } from '../graph/node.ts';
import { makeValue } from '../graph/value.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { tensorShape } from '../onnx/tensor.ts';
import { classifierTail, isPointwise } from './classifier-tail.ts';
import { batchAxis } from './make-batch-dynamic.ts';

export const embeddingOutput = 'embedding';

/**
 * Makes what feeds the last linear layer an output, `embedding`, float [N, size]. Where that layer is a 1×1 Conv, it is
 * the average of each of its input maps, which is the map itself where that is 1×1. Legal only if
 * 1. the first output comes from Gemm, MatMul or a 1×1 Conv, over nothing but Softmax, changes of shape, a bias and, after
 *    a Conv, a Relu and the average of its maps, and
 * 2. that layer's weights are constant, which also tells the size; those of a Gemm or MatMul with two axes.
 * @throws {UserError} naming the node that stands in the layer's place, or the layer.
 */
export function exposeEmbedding(graph: Graph): PassResult {
  const [output] = graph.outputs;
  if (output === undefined) throw new UserError('the network has no output');
  const { last } = classifierTail(graph, output.name);
  const [features] = last?.input ?? [];
  const isLinear = last !== undefined && (isOperator(last, 'Gemm', 'MatMul') || isPointwise(last, graph));
  if (last === undefined || features === undefined || !isLinear) {
    const found = last === undefined ? 'no node' : describeNode(last);
    throw new UserError(`no embedding: expected the last layer to be Gemm, MatMul or a 1×1 Conv, got ${found}`);
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

/** Puts GlobalAveragePool and Flatten beside a layer, on what it reads. */
function averageMaps(graph: Graph, layer: NodeProto, maps: string): Graph {
  const free = valueNames(graph).has(embeddingOutput)
    ? renameValue(graph, embeddingOutput, freshName(graph, `${embeddingOutput}_1`))
    : graph;
  const place = graph.nodes.indexOf(layer);
  const source = free.nodes[place]?.input[0] ?? maps;
  const averaged = freshName(free, 'embedding_maps');
  return {
    ...free,
    nodes: [
      ...free.nodes.slice(0, place),
      makeNode('GlobalAveragePool', [source], [averaged]),
      makeNode('Flatten', [averaged], [embeddingOutput], { attributes: [intAttribute('axis', 1)] }),
      ...free.nodes.slice(place),
    ],
  };
}

function featureCount(graph: Graph, layer: NodeProto): number {
  const weights = graph.initializers.get(layer.input[1] ?? '');
  const shape = weights === undefined ? [] : tensorShape(weights);
  const outputsFirst = isOperator(layer, 'Conv') || (isOperator(layer, 'Gemm') && getInt(layer, 'transB', 0) !== 0);
  const size = shape.length === 2 || isOperator(layer, 'Conv') ? shape[outputsFirst ? 1 : 0] : undefined;
  if (size === undefined) {
    throw new UserError(`no embedding: expected constant weights with two axes in ${describeNode(layer)}`);
  }
  return size;
}
