import { getInt, getInts, intAttribute, intsAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { freshName } from '../graph/names.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { floatData, makeTensor, tensorShape } from '../onnx/tensor.ts';

/**
 * Merges 1×1 convolutions that read the same value into one convolution and a Split, so that an inception module reads
 * its input once instead of three times. Legal only if each
 * 1. has a 1×1 kernel, stride 1, no padding, one group, and constant float weights and bias, and
 * 2. has a Relu as its only reader. One Relu then follows the merged convolution.
 */
export function mergeSiblingConvolutions(graph: Graph): PassResult {
  const links = linksOf(graph);
  const siblings = new Map<string, Sibling[]>();
  for (const node of graph.nodes) {
    const sibling = siblingOf(node, graph, links);
    if (sibling === undefined) continue;
    const [input = ''] = node.input;
    siblings.set(input, [...(siblings.get(input) ?? []), sibling]);
  }
  const families = [...siblings.values()].filter((family) => family.length > 1);
  if (families.length === 0) return { graph, modified: false };
  const initializers = new Map(graph.initializers);
  const replaced = new Map<NodeProto, NodeProto[]>();
  for (const family of families) {
    const [first] = family;
    if (first === undefined) continue;
    const merged = merge(family, { ...graph, initializers }, initializers);
    for (const { convolution, relu } of family) {
      replaced.set(convolution, []);
      replaced.set(relu, []);
    }
    replaced.set(first.convolution, merged);
  }
  const nodes = graph.nodes.flatMap((node) => replaced.get(node) ?? [node]);
  return { graph: { ...graph, nodes, initializers }, modified: true };
}

interface Sibling {
  readonly convolution: NodeProto;
  readonly relu: NodeProto;
  readonly weights: TensorProto;
  readonly bias: TensorProto;
}

function siblingOf(node: NodeProto, graph: Graph, links: Links): Sibling | undefined {
  if (!isOperator(node, 'Conv')) return undefined;
  const [, weightName = '', biasName = ''] = node.input;
  const [output = ''] = node.output;
  const weights = graph.initializers.get(weightName);
  const bias = graph.initializers.get(biasName);
  const [relu, another] = links.consumers(output);
  if (!weights || !bias || !relu || another || links.isOutput(output) || !isOperator(relu, 'Relu')) return undefined;
  const [, , ...kernel] = tensorShape(weights);
  const areAll = (name: string, value: number) => (getInts(node, name) ?? []).every((each) => each === value);
  const isPlain = kernel.length === 2 && kernel.every((size) => size === 1) && getInt(node, 'group', 1) === 1;
  return isPlain && areAll('strides', 1) && areAll('pads', 0) ? { convolution: node, relu, weights, bias } : undefined;
}

function merge(family: readonly Sibling[], graph: Graph, initializers: Map<string, TensorProto>): NodeProto[] {
  const [first] = family;
  const [input = ''] = first?.convolution.input ?? [];
  const name = (suffix: string) => freshName(graph, `${input}_merged_${suffix}`);
  const filters = family.map(({ bias }) => tensorShape(bias)[0] ?? 0);
  const total = filters.reduce((sum, count) => sum + count, 0);
  const channels = first ? (tensorShape(first.weights)[1] ?? 0) : 0;
  const data = concatenate(family.map((sibling) => sibling.weights));
  const weights = makeTensor(name('weights'), [total, channels, 1, 1], data);
  const bias = makeTensor(name('bias'), [total], concatenate(family.map((sibling) => sibling.bias)));
  initializers.set(weights.name, weights);
  initializers.set(bias.name, bias);
  const [all, active] = [name('all'), name('active')];
  const outputs = family.map(({ relu }) => relu.output[0] ?? '');
  return [
    makeNode('Conv', [input, weights.name, bias.name], [all], { attributes: [intsAttribute('kernel_shape', [1, 1])] }),
    makeNode('Relu', [all], [active]),
    splitChannels(active, outputs, filters, graph, initializers),
  ];
}

/** The sizes of a Split are an attribute before operator set 13, and an input since then. */
function splitChannels(
  value: string,
  outputs: readonly string[],
  sizes: readonly number[],
  graph: Graph,
  initializers: Map<string, TensorProto>,
): NodeProto {
  const axis = intAttribute('axis', 1);
  if (graph.opset < 13)
    return makeNode('Split', [value], outputs, { attributes: [axis, intsAttribute('split', sizes)] });
  const name = freshName(graph, `${value}_sizes`);
  initializers.set(name, makeTensor(name, [sizes.length], BigInt64Array.from(sizes, BigInt)));
  return makeNode('Split', [value, name], outputs, { attributes: [axis] });
}

function concatenate(tensors: readonly TensorProto[]): Float32Array {
  const arrays = tensors.map(floatData);
  const result = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const array of arrays) {
    result.set(array, offset);
    offset += array.length;
  }
  return result;
}
