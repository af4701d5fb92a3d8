import { getInt, getInts } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { constantIntegers } from '../passes/constant-integers.ts';
import type { ValueTypes } from '../passes/value-types.ts';

/** Operators that work element by element; their other operands broadcast. */
const elementwise = [
  ...['Abs', 'Add', 'Cast', 'Ceil', 'Celu', 'Clip', 'Div', 'Dropout', 'Elu', 'Erf', 'Exp', 'Floor', 'Gelu'],
  ...['HardSigmoid', 'HardSwish', 'Identity', 'LeakyRelu', 'Log', 'Max', 'Min', 'Mish', 'Mul', 'Neg', 'PRelu', 'Pow'],
  ...['Reciprocal', 'Relu', 'Round', 'Selu', 'Sigmoid', 'Softplus', 'Softsign', 'Sqrt', 'Sub', 'Sum', 'Tanh'],
  ...['ThresholdedRelu'],
] as const;

/** Operators over [batch, channels, ...] whose first input alone may depend on the images. */
const layers = [
  ...['AveragePool', 'BatchNormalization', 'Conv', 'ConvTranspose', 'DepthToSpace', 'GlobalAveragePool'],
  ...['GlobalMaxPool', 'GroupNormalization', 'InstanceNormalization', 'LRN', 'MaxPool', 'SpaceToDepth'],
] as const;

/** Operators that work along some axes, given as an attribute or, in later operator sets, as their second input. */
const alongAxes = ['ReduceL2', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceSum', 'Squeeze', 'Unsqueeze'] as const;

/**
 * True where a node gives, for a batch of images along the first axis, the batch of what it gives for each image.
 * False where that is not so or not known.
 * @param images the values that depend on the images, each with the batch as its first axis
 * @param types of the values at a batch of 1, as far as they are known; axes counted from the end need them
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
  const place = (axis: number) => (axis < 0 && rank !== undefined ? axis + rank : axis);
  if (isOperator(node, 'Concat')) {
    return place(getInt(node, 'axis', 1)) !== 0 && node.input.every((name) => images.has(name));
  }
  if (isOperator(node, 'Flatten')) return place(getInt(node, 'axis', 1)) === 1;
  if (isOperator(node, 'Softmax', 'LogSoftmax')) return place(getInt(node, 'axis', graph.opset < 13 ? 1 : -1)) !== 0;
  if (isOperator(node, 'LayerNormalization')) return onlyFirst && place(getInt(node, 'axis', -1)) !== 0;
  if (isOperator(node, 'Gather')) return onlyFirst && place(getInt(node, 'axis', 0)) > 0;
  if (isOperator(node, 'Split')) return onlyFirst && place(getInt(node, 'axis', 0)) > 0;
  if (isOperator(node, 'Transpose')) return getInts(node, 'perm')?.[0] === 0;
  if (isOperator(node, 'Pad')) return padsWithinImages(node, graph);
  // An axis that is counted from the end of nobody knows how many may be the batch.
  const within = (axes: readonly number[] | undefined) => axes?.every((axis) => place(axis) > 0) ?? false;
  if (isOperator(node, 'Slice')) return within(getInts(node, 'axes') ?? constantIntegers(graph, node.input[3]));
  if (!isOperator(node, ...alongAxes)) return false;
  const axes = getInts(node, 'axes') ?? constantIntegers(graph, node.input[1]);
  // The axes of Unsqueeze are those of what it gives, which has more of them.
  const givenRank = types.get(node.output[0] ?? '')?.shape.length ?? 0;
  return within(isOperator(node, 'Unsqueeze') ? axes?.map((axis) => (axis < 0 ? axis + givenRank : axis)) : axes);
}

/** Whether the batch of every operand meets the batch of the result, and no constant has a batch of its own. */
function alignsOperands(node: NodeProto, images: ReadonlySet<string>, types: ValueTypes): boolean {
  const rank = types.get(node.output[0] ?? '')?.shape.length;
  if (rank === undefined) return true;
  return node.input.every((name) => {
    const shape = types.get(name)?.shape;
    if (shape === undefined) return true;
    return images.has(name) ? shape.length === rank : shape.length < rank || shape[0] === 1;
  });
}

/** A product of matrices that both depend on the image, [batch, ..., rows, columns] each, as attention has it. */
function multipliesPerImage(node: NodeProto, images: ReadonlySet<string>, types: ValueTypes): boolean {
  const [one, other] = node.input.map((name) => (images.has(name) ? types.get(name)?.shape.length : undefined));
  return one !== undefined && one === other && one > 2;
}

function padsWithinImages(node: NodeProto, graph: Graph): boolean {
  const pads = getInts(node, 'pads') ?? constantIntegers(graph, node.input[1]);
  const withAxes = (node.input[3] ?? '') !== '';
  return pads !== undefined && !withAxes && pads[0] === 0 && pads[pads.length / 2] === 0;
}
