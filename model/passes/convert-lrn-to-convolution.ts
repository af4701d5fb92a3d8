import { getFloat, getInt, intsAttribute } from '../graph/attribute.ts';
import { channelsOf } from '../graph/channels.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import { freshName } from '../graph/names.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { makeTensor } from '../onnx/tensor.ts';

/**
 * Local response normalisation, x ÷ (bias + α/size · Σ x²)^¾ over neighbouring channels, as fast operators: the sum over
 * neighbours is a 1×1 convolution with a band of α/size around the diagonal, and y^¾ = √y · √√y. The runtime's own kernel
 * for it raises every number to a power, one at a time. Legal only if
 * 1. beta is 3/4, as in every network that has LRN, and bias is above 0, so that the roots exist, and
 * 2. the number of channels can be told from the nodes before it.
 * Others are left as they are.
 */
export function convertLrnToConvolution(graph: Graph): PassResult {
  const links = linksOf(graph);
  const initializers = new Map(graph.initializers);
  let modified = false;
  const nodes = graph.nodes.flatMap((node) => {
    const channels = isReplaceable(node) ? channelsOf(node.input[0] ?? '', graph, links) : undefined;
    if (channels === undefined) return [node];
    modified = true;
    return replacement(node, channels, { ...graph, initializers }, initializers);
  });
  return modified ? { graph: { ...graph, nodes, initializers }, modified } : { graph, modified };
}

function isReplaceable(node: NodeProto): boolean {
  return isOperator(node, 'LRN') && getFloat(node, 'beta', 0.75) === 0.75 && getFloat(node, 'bias', 1) > 0;
}

function replacement(
  node: NodeProto,
  channels: number,
  graph: Graph,
  initializers: Map<string, TensorProto>,
): NodeProto[] {
  const [input = ''] = node.input;
  const [output = ''] = node.output;
  const name = (part: string) => freshName(graph, `${output}_${part}`);
  const size = getInt(node, 'size', 5);
  const weight = getFloat(node, 'alpha', 1e-4) / size;
  const [band, bias] = [name('band'), name('bias')];
  initializers.set(band, makeTensor(band, [channels, channels, 1, 1], bandMatrix(channels, size, weight)));
  initializers.set(bias, makeTensor(bias, [channels], new Float32Array(channels).fill(getFloat(node, 'bias', 1))));
  const [squares, sum, root, fourth, power] = [
    ...[name('squares'), name('sum'), name('root'), name('fourth_root'), name('power')],
  ] as const;
  return [
    makeNode('Mul', [input, input], [squares]),
    makeNode('Conv', [squares, band, bias], [sum], { attributes: [intsAttribute('kernel_shape', [1, 1])] }),
    makeNode('Sqrt', [sum], [root]),
    makeNode('Sqrt', [root], [fourth]),
    makeNode('Mul', [root, fourth], [power]),
    makeNode('Div', [input, power], [output], { name: node.name }),
  ];
}

/** channels × channels: `weight` where the column is in the row's window, ⌊(size − 1)/2⌋ before to ⌈(size − 1)/2⌉ after. */
export function bandMatrix(channels: number, size: number, weight: number): Float32Array {
  const matrix = new Float32Array(channels * channels);
  for (let row = 0; row < channels; row += 1) {
    const first = Math.max(row - Math.floor((size - 1) / 2), 0);
    const last = Math.min(row + Math.ceil((size - 1) / 2), channels - 1);
    matrix.fill(weight, row * channels + first, row * channels + last + 1);
  }
  return matrix;
}
