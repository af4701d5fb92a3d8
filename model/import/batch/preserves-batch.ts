import { getInt, getInts } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { isOperator } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { elementCount, tensorShape } from '../../onnx/tensor.ts';
import { constantIntegers } from '../../passes/constant-integers.ts';
import type { ValueTypes } from '../../passes/value-types.ts';

/** Elementwise operators, with broadcasting of the other operands. */
const elementwise = [
  ...['Abs', 'Add', 'Cast', 'Ceil', 'Celu', 'Clip', 'Div', 'Dropout', 'Elu', 'Equal', 'Erf', 'Exp', 'Floor', 'Gelu'],
  ...['Greater', 'HardSigmoid', 'HardSwish', 'Identity', 'LeakyRelu', 'Less', 'Log', 'Max', 'Mean', 'Min', 'Mish'],
  ...['Mul', 'Neg', 'Not', 'PRelu', 'Pow', 'Reciprocal', 'Relu', 'Round', 'Selu', 'Shrink', 'Sigmoid', 'Sign'],
  ...['Softplus', 'Softsign', 'Sqrt', 'Sub', 'Sum', 'Swish', 'Tanh', 'ThresholdedRelu', 'Where'],
] as const;

/** Operators over [batch, channels, ...] of which only the first input may depend on the images. */
const layers = [
  ...['AveragePool', 'BatchNormalization', 'Conv', 'ConvInteger', 'ConvTranspose', 'DepthToSpace', 'GlobalAveragePool'],
  ...['GlobalLpPool', 'GlobalMaxPool', 'GroupNormalization', 'InstanceNormalization', 'LRN', 'LpPool'],
  ...['MatMulInteger', 'MaxPool', 'QLinearConv', 'QLinearMatMul', 'SpaceToDepth'],
] as const;

/** Operators along axes, given as an attribute or, in later operator sets, as the second input. */
const alongAxes = [
  ...['ReduceL1', 'ReduceL2', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSum'],
  ...['ReduceSumSquare', 'Squeeze', 'Unsqueeze'],
] as const;

/**
 * True if a node is known to process the images of a batch, along the first axis, independently of each other.
 * @param images the values that depend on the images, each with the batch as its first axis
 * @param types known types of the values at a batch of 1, needed for axes that are counted from the end
 */
export function preservesBatch(
  node: NodeProto,
  graph: Graph,
  images: ReadonlySet<string>,
  types: ValueTypes = new Map(),
): boolean {
  const onlyFirst = node.input.every((name, index) => images.has(name) === (index === 0));
  if (isOperator(node, ...elementwise)) return alignsOperands(node, images, types);
  if (isOperator(node, ...layers)) return onlyFirst;
  if (isOperator(node, 'MatMul')) return onlyFirst || multipliesPerImage(node, images, types);
  if (isOperator(node, 'Gemm')) return onlyFirst && getInt(node, 'transA', 0) === 0;
  const [input = ''] = node.input;
  const rank = types.get(input)?.shape.length;
  const fromStart = (axis: number) => (axis < 0 && rank !== undefined ? axis + rank : axis);
  const axisOf = (fallback: number) => fromStart(getInt(node, 'axis', fallback));
  if (isOperator(node, 'Concat')) return axisOf(1) !== 0 && node.input.every((name) => images.has(name));
  if (isOperator(node, 'Flatten')) return axisOf(1) === 1;
  if (isOperator(node, 'Softmax', 'LogSoftmax')) return axisOf(graph.opset < 13 ? 1 : -1) !== 0;
  if (isOperator(node, 'QuantizeLinear', 'DequantizeLinear')) return onlyFirst && quantizesImages(node, graph);
  if (isOperator(node, 'LayerNormalization', 'LpNormalization')) return onlyFirst && axisOf(-1) !== 0;
  if (isOperator(node, 'Gather', 'Split')) return onlyFirst && axisOf(0) > 0;
  if (isOperator(node, 'Transpose')) return getInts(node, 'perm')?.[0] === 0;
  if (isOperator(node, 'Pad')) return padsWithinImages(node, graph);
  // If the rank is unknown, an axis counted from the end could be the batch: it stays negative and is rejected.
  const withinImages = (axes: readonly number[] | undefined) => axes?.every((axis) => fromStart(axis) > 0) ?? false;
  if (isOperator(node, 'Slice')) return withinImages(getInts(node, 'axes') ?? constantIntegers(graph, node.input[3]));
  if (!isOperator(node, ...alongAxes)) return false;
  const axes = getInts(node, 'axes') ?? constantIntegers(graph, node.input[1]);
  // The axes of Unsqueeze are those of its output, which has a higher rank.
  const outputRank = types.get(node.output[0] ?? '')?.shape.length ?? 0;
  return withinImages(
    isOperator(node, 'Unsqueeze') ? axes?.map((axis) => (axis < 0 ? axis + outputRank : axis)) : axes,
  );
}

/** True if broadcasting aligns the batch of every operand with that of the result, and no constant has a batch axis. */
function alignsOperands(node: NodeProto, images: ReadonlySet<string>, types: ValueTypes): boolean {
  const rank = types.get(node.output[0] ?? '')?.shape.length;
  if (rank === undefined) return true;
  return node.input.every((name) => {
    const shape = types.get(name)?.shape;
    if (shape === undefined) return true;
    return images.has(name) ? shape.length === rank : shape.length < rank || shape[0] === 1;
  });
}

/** True for a product of two computed matrices, [batch, ..., rows, columns] each, as in attention. */
function multipliesPerImage(node: NodeProto, images: ReadonlySet<string>, types: ValueTypes): boolean {
  const [left, right] = node.input.map((name) => (images.has(name) ? types.get(name)?.shape.length : undefined));
  return left !== undefined && left === right && left > 2;
}

/** True if every image is scaled by the same numbers: the scale is one number, or has another axis than the batch. */
function quantizesImages(node: NodeProto, { initializers }: Graph): boolean {
  const scale = initializers.get(node.input[1] ?? '');
  return scale !== undefined && (elementCount(tensorShape(scale)) === 1 || getInt(node, 'axis', 1) !== 0);
}

function padsWithinImages(node: NodeProto, graph: Graph): boolean {
  const pads = getInts(node, 'pads') ?? constantIntegers(graph, node.input[1]);
  const hasAxes = (node.input[3] ?? '') !== '';
  return pads !== undefined && !hasAxes && pads[0] === 0 && pads[pads.length / 2] === 0;
}
