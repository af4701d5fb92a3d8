import { floatAttribute, getInt, getInts, intAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { floatData, tensorShape } from '../onnx/tensor.ts';
import { bandMatrix } from './convert-lrn-to-convolution.ts';
import { floatInitializer } from './float-initializer.ts';

/**
 * Undoes `convertLrnToConvolution`, so that a network that was optimised can be quantised as what it is. Legal only if
 * 1. the six nodes are found as that pass makes them, the convolution plain and 1×1,
 * 2. each value between them is read by the next alone and is no output of the graph, and
 * 3. its weights are, number by number, what that pass writes for some odd size, the only ones that the runtime takes,
 *    and its bias is one number above 0.
 * Others are left as they are.
 */
export function restoreLrn(graph: Graph): PassResult {
  const links = linksOf(graph);
  const gone = new Set<NodeProto>();
  const nodes = graph.nodes.map((node) => {
    const found = isOperator(node, 'Div') ? match(node, graph, links) : undefined;
    if (found === undefined) return node;
    for (const part of found.parts) gone.add(part);
    return found.lrn;
  });
  if (gone.size === 0) return { graph, modified: false };
  return { graph: { ...graph, nodes: nodes.filter((node) => !gone.has(node)) }, modified: true };
}

function match(div: NodeProto, graph: Graph, links: Links): { lrn: NodeProto; parts: NodeProto[] } | undefined {
  const [x = '', power = ''] = div.input;
  const product = before(power, 'Mul', links);
  const root = before(product?.input[0], 'Sqrt', links);
  const fourth = before(product?.input[1], 'Sqrt', links);
  const sum = before(root?.input[0], 'Conv', links);
  const squares = before(sum?.input[0], 'Mul', links);
  if (!product || !root || !fourth || !sum || !squares) return undefined;
  if (fourth.input[0] !== root.output[0] || squares.input.some((name) => name !== x)) return undefined;
  const chain = [squares, sum, root, fourth, product];
  const readers = [[sum], [root], [fourth, product], [product], [div]];
  if (!chain.every((node, place) => isReadBy(node, readers[place] ?? [], links)) || !isPlain(sum)) return undefined;
  const window = windowOf(floatInitializer(graph, sum.input[1] ?? ''));
  const bias = constantOf(floatInitializer(graph, sum.input[2] ?? ''));
  if (window === undefined || bias === undefined || !(bias > 0)) return undefined;
  const attributes = [
    intAttribute('size', window.size),
    floatAttribute('alpha', window.weight * window.size),
    floatAttribute('beta', 0.75),
    floatAttribute('bias', bias),
  ];
  return { lrn: makeNode('LRN', [x], div.output, { name: div.name, attributes }), parts: chain };
}

function isReadBy(node: NodeProto, readers: readonly NodeProto[], links: Links): boolean {
  const [output = ''] = node.output;
  const found = links.consumers(output);
  return found.length === readers.length && found.every((one) => readers.includes(one)) && !links.isOutput(output);
}

function isPlain(convolution: NodeProto): boolean {
  const all = (name: string, wanted: number) => (getInts(convolution, name) ?? []).every((value) => value === wanted);
  return all('strides', 1) && all('pads', 0) && getInt(convolution, 'group', 1) === 1;
}

/** The window that a band matrix [channels, channels, 1, 1] stands for; undefined for every other tensor. */
function windowOf(band: TensorProto | undefined): { size: number; weight: number } | undefined {
  if (band === undefined) return undefined;
  const [channels = 0, ...others] = tensorShape(band);
  if (others.length !== 3 || others[0] !== channels || others[1] !== 1 || others[2] !== 1) return undefined;
  const data = floatData(band);
  // The first row shows what lies after a channel in its window, the last one what lies before.
  const after = data.subarray(0, channels).filter((weight) => weight !== 0).length - 1;
  const before = data.subarray(-channels).filter((weight) => weight !== 0).length - 1;
  const [weight = 0] = data;
  const size = before + 1 + after;
  if (before !== after || before < 0) return undefined;
  return bandMatrix(channels, size, weight).every((wanted, index) => wanted === data[index])
    ? { size, weight }
    : undefined;
}

/** The one number that all elements are. */
function constantOf(tensor: TensorProto | undefined): number | undefined {
  const [first, ...others] = tensor === undefined ? [] : floatData(tensor);
  return others.every((value) => value === first) ? first : undefined;
}

function before(value: string | undefined, operator: string, links: Links): NodeProto | undefined {
  const node = value === undefined ? undefined : links.producer(value);
  return node && isOperator(node, operator) ? node : undefined;
}
