import { UserError } from '../../shared/user-error.ts';
import { getInt } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { renameValue } from '../graph/names.ts';
import { describeNode, isOperator } from '../graph/node.ts';
import { makeValue } from '../graph/value.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { tensorShape } from '../onnx/tensor.ts';
import { classifierTail } from './classifier-tail.ts';
import { batchAxis } from './make-batch-dynamic.ts';

export const embeddingOutput = 'embedding';

/**
 * Makes what feeds the last linear layer an output, `embedding`, float [N, size]. Legal only if
 * 1. the first output comes from Gemm or MatMul, over nothing but Softmax, changes of shape and a bias, and
 * 2. that layer's weights are constant, with two axes, which also tells the size.
 * @throws {UserError} naming the node that stands in the layer's place, or the layer.
 */
export function exposeEmbedding(graph: Graph): PassResult {
  const [output] = graph.outputs;
  if (output === undefined) throw new UserError('the network has no output');
  const { last } = classifierTail(graph, output.name);
  const [embedding] = last?.input ?? [];
  if (last === undefined || embedding === undefined || !isOperator(last, 'Gemm', 'MatMul')) {
    const found = last === undefined ? 'no node' : describeNode(last);
    throw new UserError(`no embedding: expected the last layer to be Gemm or MatMul, got ${found}`);
  }
  const size = featureCount(graph, last);
  const renamed = renameValue(graph, embedding, embeddingOutput);
  return {
    graph: { ...renamed, outputs: [...renamed.outputs, makeValue(embeddingOutput, 'float', [batchAxis, size])] },
    modified: true,
  };
}

function featureCount(graph: Graph, layer: NodeProto): number {
  const weights = graph.initializers.get(layer.input[1] ?? '');
  const shape = weights === undefined ? [] : tensorShape(weights);
  const transposed = isOperator(layer, 'Gemm') && getInt(layer, 'transB', 0) !== 0;
  const size = shape.length === 2 ? shape[transposed ? 1 : 0] : undefined;
  if (size === undefined) {
    throw new UserError(`no embedding: expected constant weights with two axes in ${describeNode(layer)}`);
  }
  return size;
}
