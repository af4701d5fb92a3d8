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
  /** Nodes that stay in float since half precision cannot hold what they give or take. */
  readonly inFloat: readonly string[];
}

/** Operators that have no half precision in some operator set, or whose element type an attribute says. */
const floatOnly = [
  ...['BlackmanWindow', 'Celu', 'CumSum', 'EyeLike', 'HammingWindow', 'HannWindow', 'IsInf', 'MelWeightMatrix'],
  ...['NonMaxSuppression', 'RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike'],
] as const;

/**
 * A float network in half precision, for accelerators: weights and everything computed of them take 16 bits. The image
 * stays uint8, and the outputs stay float: the last Softmax is computed in float, since small probabilities vanish in
 * half precision. Nodes that give or take what half precision cannot hold stay in float, with casts around them. LRN
 * stays the runtime's own operator, which sums its squares in float.
 *
 * @throws {UserError} naming a node with a graph of its own
 */
export function toHalfPrecision(source: Graph, { types, beyond }: HalfRange): HalfNetwork {
  const nested = source.nodes.find(hasSubgraph);
  if (nested)
    throw new UserError(`${describeNode(nested)} cannot be put in half precision: it holds a graph of its own`);
  const outputs = new Set(source.outputs.map(({ name }) => name));
  const inFloat = source.nodes.filter((node) => [...node.input, ...node.output].some((name) => beyond.has(name)));
  const floats = new Set([
    ...inFloat,
    ...source.nodes.filter((node) => isOperator(node, 'Softmax') && outputs.has(node.output[0] ?? '')),
    ...source.nodes.filter((node) => isOperator(node, ...floatOnly) || isPlainConstant(node)),
  ]);
  const precisionOf = (node: NodeProto): Precision => (floats.has(node) ? 'float' : 'half');
  const graph = new MixedGraph(source, types, precisionOf, takesFloat);
  for (const node of source.nodes) graph.add(floats.has(node) ? node : halved(node), node);
  return { graph: graph.finish(), inFloat: inFloat.map(describeNode) };
}

/** A Constant whose number is an attribute of its own and no tensor. */
function isPlainConstant(node: NodeProto): boolean {
  return isOperator(node, 'Constant') && getTensor(node, 'value') === undefined;
}

/** True for an input that is float whatever the node computes in: how much larger, and of which region. */
function takesFloat(node: NodeProto, place: number): boolean {
  return isOperator(node, 'Resize', 'Upsample') && place > 0;
}

/** A node with the element types that its attributes say. */
function halved(node: NodeProto): NodeProto {
  if (isOperator(node, 'Cast') && getInt(node, 'to', 0) === elementType.float) {
    const others = node.attribute.filter(({ name }) => name !== 'to');
    return { ...node, attribute: [...others, intAttribute('to', elementType.float16)] };
  }
  if (!isOperator(node, 'Constant', 'ConstantOfShape')) return node;
  // ConstantOfShape makes float zeros where nothing else is said.
  const value = getTensor(node, 'value') ?? makeTensor('', [1], new Float32Array(1));
  return { ...node, attribute: [tensorAttribute('value', toHalfTensor(value))] };
}
