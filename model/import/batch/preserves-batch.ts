import { getInt, getInts, getString } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { isOperator } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { elementCount, tensorShape } from '../../onnx/tensor.ts';
import { constantIntegers } from '../../passes/constant-integers.ts';
import type { ValueTypes } from '../../passes/value-types.ts';

/** Elementwise operators, with broadcasting of the other operands. */
const elementwise = [
  ...['Abs', 'Acos', 'Acosh', 'Add', 'And', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cast', 'Ceil', 'Celu', 'Clip', 'Cos'],
  ...['Cosh', 'Div', 'Dropout', 'Elu', 'Equal', 'Erf', 'Exp', 'Floor', 'Gelu', 'Greater', 'GreaterOrEqual'],
  ...['HardSigmoid', 'HardSwish', 'Identity', 'IsInf', 'IsNaN', 'LeakyRelu', 'Less', 'LessOrEqual', 'Log', 'Max'],
  ...['Mean', 'Min', 'Mish', 'Mod', 'Mul', 'Neg', 'Not', 'Or', 'PRelu', 'Pow', 'Reciprocal', 'Relu', 'Round', 'Selu'],
  ...['Shrink', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Softsign', 'Sqrt', 'Sub', 'Sum', 'Swish', 'Tan'],
  ...['Tanh', 'ThresholdedRelu', 'Where', 'Xor'],
] as const;

/** Operators over [batch, channels, ...] of which only the first input may depend on the images. */
const layers = [
  ...['AveragePool', 'BatchNormalization', 'Conv', 'ConvInteger', 'ConvTranspose', 'DepthToSpace', 'GlobalAveragePool'],
  ...['GlobalLpPool', 'GlobalMaxPool', 'GroupNormalization', 'InstanceNormalization', 'LRN', 'LpPool'],
  ...['MatMulInteger', 'MaxPool', 'QLinearConv', 'QLinearMatMul', 'SpaceToDepth'],
] as const;

/** Operators along axes, given as an attribute or, in later operator sets, as the second input. */
const alongAxes = [
  ...[
    'MeanVarianceNormalization',
    'ReduceL1',
    'ReduceL2',
    'ReduceLogSum',
    'ReduceLogSumExp',
    'ReduceMax',
    'ReduceMean',
  ],
  ...['ReduceMin', 'ReduceProd', 'ReduceSum', 'ReduceSumSquare', 'Squeeze', 'Unsqueeze'],
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
  if (isOperator(node, ...layers)) return onlyFirst && !numbersMaxima(node);
  if (isOperator(node, 'MatMul')) return onlyFirst || multipliesPerImage(node, images, types);
  if (isOperator(node, 'Gemm')) return onlyFirst && getInt(node, 'transA', 0) === 0 && !addsRows(node, types);
  if (isOperator(node, 'Einsum')) return contractsPerImage(node, images);
  const [input = ''] = node.input;
  const rank = types.get(input)?.shape.length;
  const fromStart = (axis: number) => (axis < 0 && rank !== undefined ? axis + rank : axis);
  const axisOf = (fallback: number) => fromStart(getInt(node, 'axis', fallback));
  if (isOperator(node, 'Concat')) return axisOf(1) !== 0 && node.input.every((name) => images.has(name));
  if (isOperator(node, 'Flatten')) return axisOf(1) === 1;
  if (isOperator(node, 'Softmax', 'LogSoftmax')) return axisOf(graph.opset < 13 ? 1 : -1) !== 0;
  if (isOperator(node, 'QuantizeLinear', 'DequantizeLinear')) return onlyFirst && quantizesImages(node, graph);
  if (isOperator(node, 'LayerNormalization', 'LpNormalization')) return onlyFirst && axisOf(-1) !== 0;
  if (isOperator(node, 'ArgMax', 'ArgMin', 'Gather', 'Split')) return onlyFirst && axisOf(0) > 0;
  if (isOperator(node, 'TopK')) return onlyFirst && axisOf(-1) > 0;
  if (isOperator(node, 'Transpose')) return getInts(node, 'perm')?.[0] === 0;
  if (isOperator(node, 'Pad')) return padsWithinImages(node, graph);
  // If the rank is unknown, an axis counted from the end could be the batch: it stays negative and is rejected.
  const withinImages = (axes: readonly number[] | undefined) => axes?.every((axis) => fromStart(axis) > 0) ?? false;
  if (isOperator(node, 'Slice')) return withinImages(getInts(node, 'axes') ?? constantIntegers(graph, node.input[3]));
  const second = constantIntegers(graph, node.input[1]);
  if (isOperator(node, 'CumSum')) return onlyFirst && withinImages(second);
  if (isOperator(node, 'Tile')) return onlyFirst && second?.[0] === 1;
  if (!isOperator(node, ...alongAxes)) return false;
  const axes = getInts(node, 'axes') ?? second;
  if (axes === undefined && (node.input[1] ?? '') !== '') return false;
  // Without axes, all are reduced or removed, unless the node says otherwise.
  if (axes === undefined || axes.length === 0) return getInt(node, 'noop_with_empty_axes', 0) === 1;
  // The axes of Unsqueeze are those of its output, which has a higher rank.
  const outputRank = types.get(node.output[0] ?? '')?.shape.length ?? 0;
  return withinImages(isOperator(node, 'Unsqueeze') ? axes.map((axis) => (axis < 0 ? axis + outputRank : axis)) : axes);
}

/** True if broadcasting aligns the rows of every operand with those of the result, and no constant has a batch axis. */
function alignsOperands(node: NodeProto, images: ReadonlySet<string>, types: ValueTypes): boolean {
  const result = types.get(node.output[0] ?? '')?.shape;
  if (result === undefined) return true;
  const rank = result.length;
  return node.input.every((name) => {
    const shape = types.get(name)?.shape;
    if (shape === undefined) return true;
    if (images.has(name)) return shape.length === rank && shape[0] === result[0];
    return shape.length < rank || shape[0] === 1;
  });
}

/** True for a product of two computed matrices, [batch, ..., rows, columns] each, as in attention. */
function multipliesPerImage(node: NodeProto, images: ReadonlySet<string>, types: ValueTypes): boolean {
  const [left, right] = node.input.map((name) => (images.has(name) ? types.get(name)?.shape : undefined));
  if (left === undefined || right === undefined) return false;
  return left.length === right.length && left.length > 2 && left[0] === right[0];
}

/** True for a MaxPool whose second output is read: it counts the values of the whole batch. */
function numbersMaxima(node: NodeProto): boolean {
  return isOperator(node, 'MaxPool') && (node.output[1] ?? '') !== '';
}

/** True for a Gemm that adds another row to each image of a fixed batch. */
function addsRows(node: NodeProto, types: ValueTypes): boolean {
  const shape = types.get(node.input[2] ?? '')?.shape ?? [];
  return shape.length === 2 && shape[0] !== 1;
}

/**
 * True for an Einsum, such as "bchw,cd->bdhw", whose result starts with the axis that starts each value of the images,
 * and that uses it nowhere else.
 */
function contractsPerImage(node: NodeProto, images: ReadonlySet<string>): boolean {
  const [operands = '', result = ''] = getString(node, 'equation', '').replaceAll(' ', '').split('->');
  const [batch = '', ...others] = result;
  if (!/[a-z]/i.test(batch) || others.includes(batch)) return false;
  return operands.split(',').every((axes, index) => {
    const isOfImages = images.has(node.input[index] ?? '');
    return isOfImages ? axes.lastIndexOf(batch) === 0 : !axes.includes(batch) && !axes.includes('.');
  });
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
