import type { Graph, PassResult } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { floatData, tensorShape } from '../onnx/tensor.ts';
import { foldFollowers } from './fold-followers.ts';
import { type ChannelAffine, floatWeights } from './fold-into-convolution.ts';

/**
 * Folds Mul, Div, Add and Sub by constants per channel into the convolution before them: Caffe's Scale layers and what
 * remains of normalisations that an exporter took apart. Legal only if
 * 1. the other operand is a float initializer with one number, or one per output channel on the axis of the channels,
 * 2. a Div divides by it and does not divide it,
 * 3. the node's input comes from a Conv, is read by nothing else and is no output of the graph, and
 * 4. that convolution's weights and bias are float initializers.
 * Equal up to rounding. A node for which this does not hold is left as it is.
 */
export function foldChannelAffine(graph: Graph): PassResult {
  return foldFollowers(graph, (node, value, channels) => channelAffineOf(node, value, channels, graph));
}

/**
 * A Mul, Div, Add or Sub of a value [batch, channels, height, width] and a constant, as factor and offset per channel.
 * @returns undefined for any other node, and for constants of other shapes
 */
export function channelAffineOf(
  node: NodeProto,
  value: string,
  channels: number,
  graph: Graph,
): ChannelAffine | undefined {
  if (!isOperator(node, 'Mul', 'Div', 'Add', 'Sub')) return undefined;
  const [first = '', second = ''] = node.input;
  const reversed = second === value;
  const constant = perChannel(graph, reversed ? first : second, channels);
  if (first === second || constant === undefined) return undefined;
  const ones = new Float64Array(channels).fill(1);
  const zeros = new Float64Array(channels);
  switch (node.opType) {
    case 'Mul':
      return { factor: constant, offset: zeros };
    case 'Div':
      return reversed ? undefined : { factor: constant.map((divisor) => 1 / divisor), offset: zeros };
    case 'Add':
      return { factor: ones, offset: constant };
    default:
      return reversed
        ? { factor: ones.map((one) => -one), offset: constant }
        : { factor: ones, offset: constant.map((subtrahend) => -subtrahend) };
  }
}

/** A constant's numbers, one per channel, where it broadcasts to [batch, channels, height, width] and to no more. */
function perChannel(graph: Graph, name: string, channels: number): Float64Array | undefined {
  const tensor = floatWeights(graph, name);
  if (tensor === undefined) return undefined;
  const shape = tensorShape(tensor);
  if (shape.length > 4) return undefined;
  const data = floatData(tensor);
  const [single] = data;
  if (data.length === 1 && single !== undefined) return new Float64Array(channels).fill(single);
  const [batch, depth, ...plane] = [...new Array<number>(4 - shape.length).fill(1), ...shape];
  const fits = batch === 1 && depth === channels && plane.every((size) => size === 1);
  return fits ? Float64Array.from(data) : undefined;
}
