import { getInt } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { linksOf } from '../../graph/links.ts';
import { freshName } from '../../graph/names.ts';
import { isOperator } from '../../graph/node.ts';
import { elementType } from '../../onnx/element-type.ts';
import type { NodeProto, TensorProto } from '../../onnx/onnx_pb.ts';
import { floatData, makeTensor, tensorShape } from '../../onnx/tensor.ts';

/**
 * Folds a reversed order of channels into the first convolutions, by reversing the input channels of their weights. Exact,
 * since a convolution is a sum over its input channels. Legal only if
 * 1. each reader of the input is a Conv with one group that reads it as its image, and
 * 2. the weights of that Conv are a float initializer with 3 input channels.
 * @returns undefined if it is illegal
 */
export function foldChannelOrder(graph: Graph, input: string): Graph | undefined {
  const links = linksOf(graph);
  const initializers = new Map(graph.initializers);
  const rewritten = new Map<NodeProto, NodeProto>();
  for (const node of links.consumers(input)) {
    const weights = firstConvolutionWeights(graph, node, input);
    if (weights === undefined) return undefined;
    const reversed = reverseInputChannels(weights);
    if (links.consumers(weights.name).length === 1) {
      initializers.set(weights.name, reversed);
      continue;
    }
    // Another node needs these weights in the old order, so this one reads a reversed copy.
    const name = freshName({ ...graph, initializers }, `${weights.name}_rgb`);
    initializers.set(name, { ...reversed, name });
    rewritten.set(node, { ...node, input: node.input.map((value, index) => (index === 1 ? name : value)) });
  }
  return { ...graph, initializers, nodes: graph.nodes.map((node) => rewritten.get(node) ?? node) };
}

function firstConvolutionWeights(graph: Graph, node: NodeProto, input: string): TensorProto | undefined {
  const onlyImage = node.input.every((name, index) => name !== input || index === 0);
  if (!isOperator(node, 'Conv') || !onlyImage || getInt(node, 'group', 1) !== 1) return undefined;
  const weights = graph.initializers.get(node.input[1] ?? '');
  return weights?.dataType === elementType.float && tensorShape(weights)[1] === 3 ? weights : undefined;
}

/** Weights [out, 3, kernel height, kernel width] with the second axis reversed. */
function reverseInputChannels(weights: TensorProto): TensorProto {
  const shape = tensorShape(weights);
  const [filters = 0, channels = 0, ...kernel] = shape;
  const plane = kernel.reduce((product, size) => product * size, 1);
  const source = floatData(weights);
  const target = new Float32Array(source.length);
  for (let filter = 0; filter < filters; filter += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const from = (filter * channels + channel) * plane;
      const to = (filter * channels + channels - 1 - channel) * plane;
      target.set(source.subarray(from, from + plane), to);
    }
  }
  return makeTensor(weights.name, shape, target);
}
