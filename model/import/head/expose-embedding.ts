import { UserError } from '../../../shared/failures/user-error.ts';
import { getInt, intAttribute } from '../../graph/attribute.ts';
import { isLinear, weightShape } from '../../graph/classifier-tail.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { linksOf } from '../../graph/links.ts';
import { freshName, renameValue, valueNames } from '../../graph/names.ts';
import { describeNode, isOperator, makeNode } from '../../graph/node.ts';
import { outputHead } from '../../graph/output-head.ts';
import { makeValue, tensorType } from '../../graph/value.ts';
import { elementType } from '../../onnx/element-type.ts';
import type { NodeProto, ValueInfoProto } from '../../onnx/onnx_pb.ts';
import type { ValueTypes } from '../../passes/value-types.ts';
import { batchAxis } from '../batch/make-batch-dynamic.ts';

export const embeddingOutput = 'embedding';

/**
 * Adds the output `embedding`, float [N, size]: the network's own embedding if it is the second output, or else the input
 * of the last linear layer. If that layer is a 1×1 Conv, the embedding is the average of each of its input maps; if it
 * reads integers, the numbers that they stand for. Legal only if
 * 1. the network has its own embedding, or
 * 2. the first output comes from Gemm, MatMul or a 1×1 Conv, in float or int8, with only a Softmax or Sigmoid, changes of
 *    shape and arithmetic with constants after it, and, after a Conv, a Relu and an average pool, and
 * 3. the weights of that layer are constant, so that the size is known, and have two axes in a Gemm or MatMul, and
 * 4. a Gemm or MatMul reads one vector of floats per image. Axes of 1, as in [N, 1, size], are removed.
 * @param types of the values at the published batch
 * @throws {UserError} naming the layer, or the node in its place
 */
export function exposeEmbedding(graph: Graph, types: ValueTypes = new Map()): PassResult {
  const [output, own] = graph.outputs;
  if (output === undefined) throw new UserError('the network has no output');
  if (own !== undefined) return { graph: nameOwnEmbedding(graph, own), modified: true };
  const { last } = outputHead(graph, output.name);
  const [features] = last?.input ?? [];
  if (last === undefined || features === undefined || !isLinear(last, graph)) {
    const received =
      last === undefined ? 'no node computes the probabilities' : `${describeNode(last)} is no last layer`;
    throw new UserError(
      `no embedding: ${received}; export a model that ends with Gemm, MatMul or a 1×1 Conv and then at most a Softmax or ` +
        'Sigmoid, or that has an output named "embedding"',
    );
  }
  const size = featureCount(graph, last);
  const named = isOperator(last, 'Conv') ? averageMaps(graph, last, features) : nameFeatures(graph, last, features);
  checkOneRow(last, types, types.get(output.name)?.shape[0]);
  const isVector = isOperator(last, 'Conv') || readsVector(last, types);
  const { outputs, ...flat } = isVector ? named : flattenEmbedding(named);
  return {
    graph: { ...flat, outputs: [...outputs, makeValue(embeddingOutput, 'float', [batchAxis, size])] },
    modified: true,
  };
}

/** @throws {UserError} if a layer reads several rows per image, such as the windows of a Swin transformer */
function checkOneRow(layer: NodeProto, types: ValueTypes, batch: number | undefined): void {
  const shape = types.get(layer.input[0] ?? '')?.shape;
  if (shape !== undefined && batch !== undefined && shape[0] !== batch) throw severalVectors(layer, shape);
}

function severalVectors(layer: NodeProto, shape: readonly number[]): UserError {
  return new UserError(
    `no embedding: ${describeNode(layer)} reads [${shape.join(', ')}], several vectors per image; export the model with an ` +
      'output named "embedding", one vector per image',
  );
}

/**
 * True if a layer reads [batch, size], false for further axes of 1.
 * @throws {UserError} if it reads several vectors per image, or doubles
 */
function readsVector(layer: NodeProto, types: ValueTypes): boolean {
  const { dataType, shape } = types.get(layer.input[0] ?? '') ?? {};
  if (dataType === elementType.double) {
    throw new UserError(`no embedding: ${describeNode(layer)} reads double; export the model in float`);
  }
  const middle = shape?.slice(1, -1) ?? [];
  if (shape !== undefined && middle.some((length) => length !== 1)) throw severalVectors(layer, shape);
  return middle.length === 0;
}

function nameOwnEmbedding(graph: Graph, own: ValueInfoProto): Graph {
  const [batch = batchAxis, size = '', ...further] = tensorType(own).shape ?? [];
  const named = renameValue(graph, own.name, embeddingOutput);
  const outputs = [...named.outputs.slice(0, 1), makeValue(embeddingOutput, 'float', [batch, size])];
  return further.length === 0 ? { ...named, outputs } : { ...flattenEmbedding(named), outputs };
}

/** Makes the value `embedding` a vector per image. */
function flattenEmbedding(graph: Graph): Graph {
  const maps = freshName(graph, 'embedding_maps');
  const renamed = renameValue(graph, embeddingOutput, maps);
  const flatten = makeNode('Flatten', [maps], [embeddingOutput], { attributes: [intAttribute('axis', 1)] });
  return { ...renamed, nodes: [...renamed.nodes, flatten] };
}

/** Names the float features that a layer reads. A layer on integers reads rounded ones. */
function nameFeatures(graph: Graph, layer: NodeProto, features: string): Graph {
  if (isOperator(layer, 'Gemm', 'MatMul')) return renameValue(graph, features, embeddingOutput);
  const producer = linksOf(graph).producer(features);
  if (producer !== undefined && isOperator(producer, 'QuantizeLinear')) {
    return renameValue(graph, producer.input[0] ?? '', embeddingOutput);
  }
  if (!isOperator(layer, 'QLinearMatMul')) {
    throw new UserError(`no embedding: ${describeNode(layer)} reads integers; import the float model`);
  }
  const [, scale = '', zeroPoint = ''] = layer.input;
  const index = graph.nodes.indexOf(layer);
  const free = valueNames(graph).has(embeddingOutput)
    ? renameValue(graph, embeddingOutput, freshName(graph, `${embeddingOutput}_1`))
    : graph;
  const source = free.nodes[index]?.input[0] ?? features;
  const dequantize = makeNode('DequantizeLinear', [source, scale, zeroPoint], [embeddingOutput]);
  return { ...free, nodes: [...free.nodes.slice(0, index), dequantize, ...free.nodes.slice(index)] };
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
  const shape = weightShape(layer, graph) ?? [];
  const outputsFirst = isOperator(layer, 'Conv') || (isOperator(layer, 'Gemm') && getInt(layer, 'transB', 0) !== 0);
  const size = shape.length === 2 || isOperator(layer, 'Conv') ? shape[outputsFirst ? 1 : 0] : undefined;
  if (size === undefined) {
    throw new UserError(
      `no embedding: ${describeNode(layer)} has no constant matrix of weights; export the model with constant weights`,
    );
  }
  return size;
}
