import { floatAttribute, getInt, getInts, intAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { floatData, tensorShape } from '../onnx/tensor.ts';
import { bandMatrix } from './convert-lrn-to-convolution.ts';
import { floatInitializer } from './float-initializer.ts';

/**
 * Reverses `convertLrnToConvolution`, so that an optimized network can be quantized. Legal only if
 * 1. the six nodes are connected as that pass writes them, with a plain 1×1 convolution,
 * 2. each value between them is read by the next node only and is not an output of the graph, and
 * 3. the weights equal, number by number, those that the pass writes for an odd size (the runtime supports odd sizes
 *    only), and the bias is one number above 0.
 * Other nodes are left unchanged.
 */
export function restoreLrn(graph: Graph): PassResult {
  const links = linksOf(graph);
  const removed = new Set<NodeProto>();
  const nodes = graph.nodes.map((node) => {
    const match = isOperator(node, 'Div') ? matchLrn(node, graph, links) : undefined;
    if (match === undefined) return node;
    for (const replaced of match.chain) removed.add(replaced);
    return match.lrn;
  });
  if (removed.size === 0) return { graph, modified: false };
  return { graph: { ...graph, nodes: nodes.filter((node) => !removed.has(node)) }, modified: true };
}

function matchLrn(div: NodeProto, graph: Graph, links: Links): { lrn: NodeProto; chain: NodeProto[] } | undefined {
  const [x = '', power = ''] = div.input;
  const product = producerOf(power, 'Mul', links);
  const root = producerOf(product?.input[0], 'Sqrt', links);
  const fourth = producerOf(product?.input[1], 'Sqrt', links);
  const sum = producerOf(root?.input[0], 'Conv', links);
  const squares = producerOf(sum?.input[0], 'Mul', links);
  if (!product || !root || !fourth || !sum || !squares) return undefined;
  if (fourth.input[0] !== root.output[0] || squares.input.some((name) => name !== x)) return undefined;
  const chain = [squares, sum, root, fourth, product];
  const readers = [[sum], [root], [fourth, product], [product], [div]];
  if (!chain.every((node, index) => isReadBy(node, readers[index] ?? [], links)) || !isPlain(sum)) return undefined;
  const window = windowOf(floatInitializer(graph, sum.input[1] ?? ''));
  const bias = constantOf(floatInitializer(graph, sum.input[2] ?? ''));
  if (window === undefined || bias === undefined || !(bias > 0)) return undefined;
  const attributes = [
    intAttribute('size', window.size),
    floatAttribute('alpha', window.weight * window.size),
    floatAttribute('beta', 0.75),
    floatAttribute('bias', bias),
  ];
  return { lrn: makeNode('LRN', [x], div.output, { name: div.name, attributes }), chain };
}

function isReadBy(node: NodeProto, readers: readonly NodeProto[], links: Links): boolean {
  const [output = ''] = node.output;
  const consumers = links.consumers(output);
  const sameReaders = consumers.length === readers.length && consumers.every((consumer) => readers.includes(consumer));
  return sameReaders && !links.isOutput(output);
}

function isPlain(convolution: NodeProto): boolean {
  const areAll = (name: string, value: number) => (getInts(convolution, name) ?? []).every((each) => each === value);
  return areAll('strides', 1) && areAll('pads', 0) && getInt(convolution, 'group', 1) === 1;
}

/** The LRN window of a band matrix [channels, channels, 1, 1]; undefined for any other tensor. */
function windowOf(band: TensorProto | undefined): { size: number; weight: number } | undefined {
  if (band === undefined) return undefined;
  const [channels = 0, ...others] = tensorShape(band);
  if (others.length !== 3 || others[0] !== channels || others[1] !== 1 || others[2] !== 1) return undefined;
  const data = floatData(band);
  // The first row has the channels after the diagonal, the last row those before it.
  const after = data.subarray(0, channels).filter((weight) => weight !== 0).length - 1;
  const before = data.subarray(-channels).filter((weight) => weight !== 0).length - 1;
  const [weight = 0] = data;
  const size = before + 1 + after;
  if (before !== after || before < 0) return undefined;
  return bandMatrix(channels, size, weight).every((expected, index) => expected === data[index])
    ? { size, weight }
    : undefined;
}

/** The value that all elements are equal to; undefined if they differ. */
function constantOf(tensor: TensorProto | undefined): number | undefined {
  const [first, ...others] = tensor === undefined ? [] : floatData(tensor);
  return others.every((value) => value === first) ? first : undefined;
}

function producerOf(value: string | undefined, operator: string, links: Links): NodeProto | undefined {
  const node = value === undefined ? undefined : links.producer(value);
  return node && isOperator(node, operator) ? node : undefined;
}
