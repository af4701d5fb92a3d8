import type { NodeProto } from '../onnx/onnx_pb.ts';
import { tensorShape } from '../onnx/tensor.ts';
import { getInt, getInts } from './attribute.ts';
import type { Graph } from './graph.ts';
import { type Links, linksOf } from './links.ts';
import { isOperator } from './node.ts';

/** Operators that only change the shape of a vector. */
const reshaping = ['Flatten', 'Identity', 'Reshape', 'Squeeze'] as const;

/** The last nodes of a classifier. */
export interface ClassifierTail {
  /** The Softmax that computes the output; undefined if the output is logits. */
  readonly softmax: NodeProto | undefined;
  /**
   * The last node that is not a Softmax, a change of shape or the addition of a constant. If that node averages class
   * maps, as in Network in Network, the 1×1 Conv that computes the maps.
   */
  readonly last: NodeProto | undefined;
}

/** Walks back from a value over one Softmax, changes of shape and the addition of a constant bias. */
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

/** True for a linear layer over feature maps: a 1×1 Conv with one group and constant weights [classes, features, 1, 1]. */
export function isPointwise(node: NodeProto, { initializers }: Graph): boolean {
  const weights = initializers.get(node.input[1] ?? '');
  if (!isOperator(node, 'Conv') || weights === undefined || getInt(node, 'group', 1) !== 1) return false;
  const [, , ...kernel] = tensorShape(weights);
  const steps = [...(getInts(node, 'strides') ?? []), ...(getInts(node, 'dilations') ?? [])];
  const padded = getInts(node, 'pads')?.some((size) => size !== 0) ?? false;
  return kernel.every((size) => size === 1) && steps.every((step) => step === 1) && !padded;
}

/** If the node is an average pool of a pointwise Conv, with or without a Relu in between, that Conv. */
function averagedConvolution(node: NodeProto | undefined, graph: Graph, links: Links): NodeProto | undefined {
  if (node === undefined || !isOperator(node, 'GlobalAveragePool', 'ReduceMean', 'AveragePool')) return undefined;
  const previous = links.producer(node.input[0] ?? '');
  const convolution =
    previous !== undefined && isOperator(previous, 'Relu') ? links.producer(previous.input[0] ?? '') : previous;
  return convolution !== undefined && isPointwise(convolution, graph) ? convolution : undefined;
}

/** The input of a change of shape or of the addition of a constant; undefined for any other node. */
function valueBefore(graph: Graph, node: NodeProto): string | undefined {
  if (isOperator(node, ...reshaping)) return node.input[0];
  if (!isOperator(node, 'Add')) return undefined;
  const computed = node.input.filter((name) => !graph.initializers.has(name));
  return computed.length === 1 ? computed[0] : undefined;
}

/** True if the network's first output is probabilities, false if it is logits. */
export function endsInSoftmax(graph: Graph): boolean {
  const [output] = graph.outputs;
  return output !== undefined && classifierTail(graph, output.name).softmax !== undefined;
}
