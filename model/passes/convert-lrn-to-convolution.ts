import { getFloat, getInt, intsAttribute } from '../graph/attribute.ts';
import { channelsOf } from '../graph/channels.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import { freshName } from '../graph/names.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { makeTensor } from '../onnx/tensor.ts';

/**
 * Replaces local response normalization, x ÷ (bias + α/size · Σ x²)^¾ over adjacent channels, with faster operators: the
 * sum is a 1×1 convolution whose weights are a band of α/size around the diagonal, and y^¾ = √y · √√y. The runtime's LRN
 * kernel computes a power per element instead. Legal only if
 * 1. beta is 3/4, as in all common networks with LRN, and bias is above 0, so that the roots exist, and
 * 2. the number of channels can be derived from the nodes before it.
 * Other nodes are left unchanged.
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
  const name = (suffix: string) => freshName(graph, `${output}_${suffix}`);
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

/** [channels, channels]: `weight` from ⌊(size − 1)/2⌋ columns before the diagonal to ⌈(size − 1)/2⌉ after it, else 0. */
export function bandMatrix(channels: number, size: number, weight: number): Float32Array {
  const matrix = new Float32Array(channels * channels);
  for (let row = 0; row < channels; row += 1) {
    const first = Math.max(row - Math.floor((size - 1) / 2), 0);
    const last = Math.min(row + Math.ceil((size - 1) / 2), channels - 1);
    matrix.fill(weight, row * channels + first, row * channels + last + 1);
  }
  return matrix;
}
