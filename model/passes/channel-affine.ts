import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { floatData, tensorShape } from '../onnx/tensor.ts';
import { floatInitializer } from './float-initializer.ts';

/** y = factor × x + offset, with one factor and offset per channel. */
export interface ChannelAffine {
  readonly factor: Float64Array;
  readonly offset: Float64Array;
}

/** `first`, then `next`: c·(a·x + b) + d = (c·a)·x + (c·b + d). */
export function compose(first: ChannelAffine, next: ChannelAffine): ChannelAffine {
  const at = (values: Float64Array, channel: number) => values[channel] ?? Number.NaN;
  return {
    factor: first.factor.map((value, channel) => value * at(next.factor, channel)),
    offset: first.offset.map((value, channel) => value * at(next.factor, channel) + at(next.offset, channel)),
  };
}

/**
 * The factor and offset per channel of a Mul, Div, Add or Sub of a value [batch, channels, height, width] and a constant.
 * @param axis of the channels
 * @returns undefined for other nodes, and for constants that are not one number or one number per channel
 */
export function channelAffineOf(
  node: NodeProto,
  value: string,
  channels: number,
  graph: Graph,
  axis = 1,
): ChannelAffine | undefined {
  if (!isOperator(node, 'Mul', 'Div', 'Add', 'Sub')) return undefined;
  const [first = '', second = ''] = node.input;
  const reversed = second === value;
  const constant = perChannel(graph, reversed ? first : second, channels, axis);
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

/** The values of a constant per channel, if it broadcasts to four axes and varies along that of the channels only. */
function perChannel(graph: Graph, name: string, channels: number, axis: number): Float64Array | undefined {
  const tensor = floatInitializer(graph, name);
  if (tensor === undefined) return undefined;
  const shape = tensorShape(tensor);
  if (shape.length > 4) return undefined;
  const data = floatData(tensor);
  const [single] = data;
  if (data.length === 1 && single !== undefined) return new Float64Array(channels).fill(single);
  const sizes = [...new Array<number>(4 - shape.length).fill(1), ...shape];
  const fits = sizes.every((size, index) => size === (index === axis ? channels : 1));
  return fits ? Float64Array.from(data) : undefined;
}
