import { elementType } from '../onnx/element-type.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { tensorShape } from '../onnx/tensor.ts';
import { getInt, getInts } from './attribute.ts';
import type { Graph } from './graph.ts';
import { type Links, linksOf } from './links.ts';
import { isOperator } from './node.ts';

/** Operators that only change the shape of a vector. */
export const reshaping = ['Flatten', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze'] as const;
/**
 * Operators that scale or shift each class by a constant, such as a bias or a temperature. The sign of the scale does not
 * matter: a network whose classes have negative distances for logits is as legal as any other.
 */
const affine = ['Add', 'Sub', 'Mul', 'Div', 'Neg'] as const;

/**
 * The last layer of a classifier: walks back from the logits over changes of shape, arithmetic with a constant and changes
 * of the number format. If the node before these averages class maps, as in Network in Network, the last layer is the 1×1
 * Conv that computes the maps.
 */
export function lastLayer(graph: Graph, logits: string): NodeProto | undefined {
  const links = linksOf(graph);
  let node = links.producer(logits);
  for (;;) {
    const before = node && valueBefore(graph, node);
    if (before === undefined) return averagedConvolution(node, graph, links) ?? node;
    node = links.producer(before);
  }
}

/** True for a node with one product of features and weights per class, in float or int8. */
export function isLinear(node: NodeProto, graph: Graph): boolean {
  return isOperator(node, 'Gemm', 'MatMul', 'MatMulInteger', 'QLinearMatMul') || isPointwise(node, graph);
}

/** True for a linear layer over feature maps: a 1×1 Conv with one group and constant weights [classes, features, 1, 1]. */
export function isPointwise(node: NodeProto, graph: Graph): boolean {
  const shape = weightShape(node, graph);
  if (!isOperator(node, 'Conv') || shape === undefined || getInt(node, 'group', 1) !== 1) return false;
  const [, , ...kernel] = shape;
  const steps = [...(getInts(node, 'strides') ?? []), ...(getInts(node, 'dilations') ?? [])];
  const padded = getInts(node, 'pads')?.some((size) => size !== 0) ?? false;
  return kernel.every((size) => size === 1) && steps.every((step) => step === 1) && !padded;
}

/** True for a Cast to float, float16 or double: what it reads means the same, more or less exactly. */
export function isFloatCast(node: NodeProto): boolean {
  const floats: readonly number[] = [elementType.float, elementType.float16, elementType.double];
  return isOperator(node, 'Cast') && floats.includes(getInt(node, 'to', 0));
}

/** The shape of a layer's constant weights, also if they are stored as integers. */
export function weightShape(node: NodeProto, graph: Graph): number[] | undefined {
  const weights = node.input[isOperator(node, 'QLinearMatMul') ? 3 : 1] ?? '';
  const stored = graph.initializers.get(weights);
  if (stored !== undefined) return tensorShape(stored);
  const producer = linksOf(graph).producer(weights);
  const source = producer !== undefined && isOperator(producer, 'DequantizeLinear') ? producer.input[0] : undefined;
  const integers = graph.initializers.get(source ?? '');
  return integers && tensorShape(integers);
}

/** If the node is an average pool of a pointwise Conv, with or without a Relu in between, that Conv. */
function averagedConvolution(node: NodeProto | undefined, graph: Graph, links: Links): NodeProto | undefined {
  if (node === undefined || !isOperator(node, 'GlobalAveragePool', 'ReduceMean', 'AveragePool')) return undefined;
  const previous = links.producer(node.input[0] ?? '');
  const convolution =
    previous !== undefined && isOperator(previous, 'Relu') ? links.producer(previous.input[0] ?? '') : previous;
  return convolution !== undefined && isPointwise(convolution, graph) ? convolution : undefined;
}

/** The input of a change of shape, of number format, or of arithmetic with a constant; undefined for any other node. */
function valueBefore(graph: Graph, node: NodeProto): string | undefined {
  if (isOperator(node, ...reshaping, 'QuantizeLinear', 'DequantizeLinear')) return node.input[0];
  if (isFloatCast(node)) return node.input[0];
  if (!isOperator(node, ...affine)) return undefined;
  const [value, ...others] = node.input.filter((name) => !graph.initializers.has(name));
  // A constant divided by logits is not an affine function of them.
  const isDivisor = isOperator(node, 'Div') && value !== node.input[0];
  return others.length === 0 && !isDivisor ? value : undefined;
}
