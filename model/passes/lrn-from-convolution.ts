import { floatAttribute, intAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { floatData, tensorShape } from '../onnx/tensor.ts';

/**
 * Undoes `lrnAsConvolution`, so that a network that was optimised can be quantised as what it is. Legal only if the six
 * nodes are found as that pass makes them, each read by the next alone.
 */
export function lrnFromConvolution(graph: Graph): PassResult {
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
  const band = graph.initializers.get(sum.input[1] ?? '');
  const bias = graph.initializers.get(sum.input[2] ?? '');
  if (band === undefined || bias === undefined) return undefined;
  const [channels = 0] = tensorShape(band);
  const middle = floatData(band).subarray((channels >> 1) * channels, ((channels >> 1) + 1) * channels);
  const window = middle.filter((weight) => weight !== 0);
  const [weight = 0] = window;
  const attributes = [
    intAttribute('size', window.length),
    floatAttribute('alpha', weight * window.length),
    floatAttribute('beta', 0.75),
    floatAttribute('bias', floatData(bias)[0] ?? 1),
  ];
  const lrn = makeNode('LRN', [x], div.output, { name: div.name, attributes });
  return { lrn, parts: [product, root, fourth, sum, squares] };
}

function before(value: string | undefined, operator: string, links: Links): NodeProto | undefined {
  const node = value === undefined ? undefined : links.producer(value);
  return node && isOperator(node, operator) ? node : undefined;
}
