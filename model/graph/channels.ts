import type { NodeProto } from '../onnx/onnx_pb.ts';
import { tensorShape } from '../onnx/tensor.ts';
import { getInt } from './attribute.ts';
import type { Graph } from './graph.ts';
import type { Links } from './links.ts';
import { isOperator } from './node.ts';

/** Operators whose output has as many channels as their first input. */
const keepers = [
  ...['AveragePool', 'BatchNormalization', 'Cast', 'Clip', 'Dropout', 'GlobalAveragePool', 'Identity', 'LeakyRelu'],
  ...['LRN', 'MaxPool', 'Relu', 'Sigmoid', 'Sqrt', 'Tanh'],
] as const;

/** How many channels a value [N, channels, height, width] has; undefined where the nodes before it do not tell. */
export function channelsOf(value: string, graph: Graph, links: Links): number | undefined {
  const node = links.producer(value);
  if (node === undefined) return undefined;
  const [input = ''] = node.input;
  if (isOperator(node, 'Conv')) return filtersOf(node, graph);
  if (isOperator(node, ...keepers)) return channelsOf(input, graph, links);
  if (!isOperator(node, 'Concat') || getInt(node, 'axis', 0) !== 1) return undefined;
  return node.input.reduce<number | undefined>((sum, part) => {
    const channels = channelsOf(part, graph, links);
    return sum === undefined || channels === undefined ? undefined : sum + channels;
  }, 0);
}

function filtersOf(node: NodeProto, graph: Graph): number | undefined {
  const weights = graph.initializers.get(node.input[1] ?? '');
  return weights && tensorShape(weights)[0];
}
