import { getInt, getInts } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { tensorShape } from '../onnx/tensor.ts';

/** Operators that change a vector's shape and nothing else. */
const reshaping = ['Flatten', 'Identity', 'Reshape', 'Squeeze'] as const;

/** The last nodes of a classifier, found from its output backwards. */
export interface ClassifierTail {
  /** The Softmax that gives the output; undefined where the output is logits. */
  readonly softmax: NodeProto | undefined;
  /**
   * The first node, from the end, that is neither a Softmax, nor changes shapes only, nor adds a constant; or the 1×1 Conv
   * whose maps of classes are averaged there, as in Network in Network.
   */
  readonly last: NodeProto | undefined;
}

/** Walks back from a value over one Softmax, changes of shape, and the addition of a constant bias. */
export function classifierTail(graph: Graph, output: string): ClassifierTail {
  const links = linksOf(graph);
  let softmax: NodeProto | undefined;
  let node = links.producer(output);
  while (node !== undefined) {
    const before = valueBefore(graph, node);
    if (isOperator(node, 'Softmax') && softmax === undefined) softmax = node;
    else if (before === undefined) break;
    node = links.producer(before ?? node.input[0] ?? '');
  }
  return { softmax, last: averagedConvolution(node, graph, links) ?? node };
}

/** A linear layer over feature maps: a Conv of 1×1 in one group, with constant weights [classes, features, 1, 1]. */
export function isPointwise(node: NodeProto, { initializers }: Graph): boolean {
  const weights = initializers.get(node.input[1] ?? '');
  if (!isOperator(node, 'Conv') || weights === undefined || getInt(node, 'group', 1) !== 1) return false;
  const [, , ...kernel] = tensorShape(weights);
  const moves = [...(getInts(node, 'strides') ?? []), ...(getInts(node, 'dilations') ?? [])];
  const padded = getInts(node, 'pads')?.some((size) => size !== 0) ?? false;
  return kernel.every((size) => size === 1) && moves.every((step) => step === 1) && !padded;
}

/** The pointwise Conv, with or without a Relu, whose output a global average pooling gives. */
function averagedConvolution(node: NodeProto | undefined, graph: Graph, links: Links): NodeProto | undefined {
  if (node === undefined || !isOperator(node, 'GlobalAveragePool', 'ReduceMean', 'AveragePool')) return undefined;
  const before = links.producer(node.input[0] ?? '');
  const convolution =
    before !== undefined && isOperator(before, 'Relu') ? links.producer(before.input[0] ?? '') : before;
  return convolution !== undefined && isPointwise(convolution, graph) ? convolution : undefined;
}

/** What a change of shape or the addition of a constant works on; undefined for every other node. */
function valueBefore(graph: Graph, node: NodeProto): string | undefined {
  if (isOperator(node, ...reshaping)) return node.input[0];
  if (!isOperator(node, 'Add')) return undefined;
  const computed = node.input.filter((name) => !graph.initializers.has(name));
  return computed.length === 1 ? computed[0] : undefined;
}

/** True where a network's first output is probabilities; false where it is logits. */
export function endsInSoftmax(graph: Graph): boolean {
  const [output] = graph.outputs;
  return output !== undefined && classifierTail(graph, output.name).softmax !== undefined;
}
