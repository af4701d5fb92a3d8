import { UserError } from '../../shared/failures/user-error.ts';
import { getInt, getTensor, hasSubgraph, intAttribute, tensorAttribute } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { describeNode, isOperator } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { makeTensor } from '../onnx/tensor.ts';
import type { HalfRange } from './measure-half-range.ts';
import { MixedGraph, type Precision } from './mixed-graph.ts';
import { toHalfTensor } from './to-half-tensor.ts';

export interface HalfNetwork {
  readonly graph: Graph;
  /** Nodes that stay in float because an input or output is out of range for half precision. */
  readonly inFloat: readonly string[];
}

/** Operators that do not support half precision in some operator set, or whose element type is an attribute. */
const floatOnly = [
  ...['BlackmanWindow', 'Celu', 'CumSum', 'EyeLike', 'HammingWindow', 'HannWindow', 'IsInf', 'MelWeightMatrix'],
  ...['NonMaxSuppression', 'RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike'],
] as const;

/**
 * Converts a float network to half precision, for accelerators: weights and intermediate values take 16 bits. The image
 * input stays uint8 and the outputs stay float. The last Softmax is computed in float, because small probabilities
 * underflow in half precision. Nodes with values out of range stay in float, between casts. LRN stays an LRN node: the
 * runtime's kernel sums the squares in float.
 *
 * @throws {UserError} naming a node that contains a subgraph
 */
export function toHalfPrecision(source: Graph, { types, outOfRange }: HalfRange): HalfNetwork {
  const nested = source.nodes.find(hasSubgraph);
  if (nested) throw new UserError(`${describeNode(nested)} cannot be converted to half precision: it has a subgraph`);
  const outputs = new Set(source.outputs.map(({ name }) => name));
  const inFloat = source.nodes.filter((node) => [...node.input, ...node.output].some((name) => outOfRange.has(name)));
  const floats = new Set([
    ...inFloat,
    ...source.nodes.filter((node) => isOperator(node, 'Softmax') && outputs.has(node.output[0] ?? '')),
    ...source.nodes.filter((node) => isOperator(node, ...floatOnly) || isPlainConstant(node)),
  ]);
  const precisionOf = (node: NodeProto): Precision => (floats.has(node) ? 'float' : 'half');
  const graph = new MixedGraph(source, types, precisionOf, isFloatInput);
  for (const node of source.nodes) graph.add(floats.has(node) ? node : withHalfTypes(node), node);
  return { graph: graph.finish(), inFloat: inFloat.map(describeNode) };
}

/** True for a Constant that stores its value as a plain attribute, not as a tensor. */
function isPlainConstant(node: NodeProto): boolean {
  return isOperator(node, 'Constant') && getTensor(node, 'value') === undefined;
}

/** True for an input that is float in any precision: the scales and the region of a resize. */
function isFloatInput(node: NodeProto, index: number): boolean {
  return isOperator(node, 'Resize', 'Upsample') && index > 0;
}

/** The node with its element-type attributes changed from float to half. */
function withHalfTypes(node: NodeProto): NodeProto {
  if (isOperator(node, 'Cast') && getInt(node, 'to', 0) === elementType.float) {
    const others = node.attribute.filter(({ name }) => name !== 'to');
    return { ...node, attribute: [...others, intAttribute('to', elementType.float16)] };
  }
  if (!isOperator(node, 'Constant', 'ConstantOfShape')) return node;
  // Without a value, ConstantOfShape gives float zeros.
  const value = getTensor(node, 'value') ?? makeTensor('', [1], new Float32Array(1));
  return { ...node, attribute: [tensorAttribute('value', toHalfTensor(value))] };
}
