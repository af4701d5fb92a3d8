import { getInt, hasSubgraph } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { elementCount, tensorData, tensorShape } from '../onnx/tensor.ts';

/** Operators with at most as many output elements as input elements. */
const shrinking = [
  ...['Abs', 'Cast', 'Ceil', 'Concat', 'Exp', 'Flatten', 'Floor', 'Identity', 'Log', 'Neg', 'Not', 'QuantizeLinear'],
  ...['Reciprocal', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSum', 'Reshape', 'Round', 'Sign'],
  ...['Slice', 'Split', 'Sqrt', 'Squeeze', 'Transpose', 'Unsqueeze'],
] as const;

/** Operators whose operands broadcast. */
const broadcasting = [
  ...['Add', 'And', 'Div', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Max', 'Min', 'Mod', 'Mul'],
  ...['Or', 'Pow', 'Sub', 'Sum', 'Where'],
] as const;

/**
 * Upper bound on the number of elements that a node outputs, derived from its constant inputs without computing it.
 * @returns undefined if the operator is not known to be deterministic, or its output size is unknown
 */
export function maxOutputSize(node: NodeProto, inputs: readonly TensorProto[]): number | undefined {
  const shapes = inputs.map(tensorShape);
  const [first = []] = shapes;
  if (hasSubgraph(node)) return undefined;
  if (isOperator(node, ...shrinking)) return shapes.reduce((total, shape) => total + elementCount(shape), 0);
  if (isOperator(node, ...broadcasting)) return elementCount(broadcast(shapes));
  if (isOperator(node, 'Shape', 'Size')) return first.length + 1;
  if (isOperator(node, 'Gather')) return gatherSize(node, first, shapes[1] ?? []);
  if (isOperator(node, 'ConstantOfShape')) return elementCount(numbers(inputs[0]));
  if (isOperator(node, 'Expand')) return elementCount(broadcast([first, numbers(inputs[1])]));
  if (isOperator(node, 'Tile')) return elementCount(first) * elementCount(numbers(inputs[1]));
  if (isOperator(node, 'Range')) return rangeSize(inputs);
  return undefined;
}

function gatherSize(node: NodeProto, data: readonly number[], indices: readonly number[]): number {
  const axis = getInt(node, 'axis', 0);
  const length = data.at(axis) ?? 1;
  return length === 0 ? 0 : (elementCount(data) / length) * elementCount(indices);
}

function rangeSize(inputs: readonly TensorProto[]): number {
  const [start = 0, limit = 0, delta = 1] = inputs.flatMap((tensor) => numbers(tensor));
  return Math.max(Math.ceil((limit - start) / delta), 0);
}

/** The shape to which operands of these shapes broadcast (multidirectional broadcasting of ONNX). */
function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return sizes.includes(0) ? 0 : Math.max(...sizes);
  });
}

function numbers(tensor: TensorProto | undefined): number[] {
  return tensor === undefined ? [] : Array.from<number | bigint, number>(tensorData(tensor), Number);
}
