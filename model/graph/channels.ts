import type { NodeProto } from '../onnx/onnx_pb.ts';
import { tensorShape } from '../onnx/tensor.ts';
import { getInt } from './attribute.ts';
import type { Graph } from './graph.ts';
import type { Links } from './links.ts';
import { isOperator } from './node.ts';
import type { Dimension } from './value.ts';

/** Operators whose output has as many channels as their first input. */
const channelPreserving = [
  ...['AveragePool', 'BatchNormalization', 'Cast', 'Clip', 'Dropout', 'GlobalAveragePool', 'Identity', 'LeakyRelu'],
  ...['LRN', 'MaxPool', 'Relu', 'Sigmoid', 'Sqrt', 'Tanh'],
] as const;

/** Channels of a value [N, channels, height, width]; undefined if they cannot be derived from the nodes before it. */
export function channelsOf(value: string, graph: Graph, links: Links): number | undefined {
  const node = links.producer(value);
  if (node === undefined) return undefined;
  const [input = ''] = node.input;
  if (isOperator(node, 'Conv')) return filtersOf(node, graph);
  if (isOperator(node, ...channelPreserving)) return channelsOf(input, graph, links);
  if (!isOperator(node, 'Concat') || getInt(node, 'axis', 0) !== 1) return undefined;
  return node.input.reduce<number | undefined>((sum, branch) => {
    const channels = channelsOf(branch, graph, links);
    return sum === undefined || channels === undefined ? undefined : sum + channels;
  }, 0);
}

function filtersOf(node: NodeProto, graph: Graph): number | undefined {
  const weights = graph.initializers.get(node.input[1] ?? '');
  return weights && tensorShape(weights)[0];
}

/** True for an image with its 3 or 1 channels last, [batch, height, width, channels], as in TensorFlow. */
export function isChannelsLast(shape: readonly (Dimension | undefined)[]): boolean {
  const isChannels = (size: Dimension | undefined) => size === 3 || size === 1;
  return shape.length === 4 && isChannels(shape[3]) && !isChannels(shape[1]);
}
