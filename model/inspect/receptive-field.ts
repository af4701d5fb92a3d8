import { getInts } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';

/** Along one side of the image, in its pixels. */
interface AxisField {
  /** How many pixels one element depends on. */
  readonly size: number;
  /** How far the windows of two neighbouring elements lie apart. */
  readonly step: number;
}

/** What an element of a value depends on, height then width; undefined where that cannot be told. */
export type ReceptiveField = readonly [AxisField, AxisField] | undefined;

export const onePixel: ReceptiveField = [
  { size: 1, step: 1 },
  { size: 1, step: 1 },
];

const convolutions = ['Conv', 'ConvInteger', 'QLinearConv'] as const;
const pools = ['MaxPool', 'AveragePool', 'LpPool'] as const;
const globalPools = ['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'] as const;
const flattening = ['Flatten', 'Reshape', 'Squeeze', 'ReduceMean', 'ReduceMax', 'ReduceSum'] as const;
/** These take each element, or each pixel across its channels, by itself. */
const pointwise = [
  ...['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Celu', 'Gelu', 'Mish', 'Softplus', 'Softsign', 'ThresholdedRelu'],
  ...['Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'Clip', 'Abs', 'Neg', 'Sqrt', 'Exp', 'Log', 'Erf', 'Reciprocal'],
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Sum', 'Mean', 'Concat', 'Split', 'LRN', 'Softmax'],
  ...['LogSoftmax', 'BatchNormalization', 'Dropout', 'Identity', 'Cast', 'Transpose', 'Unsqueeze', 'QuantizeLinear'],
  ...['DequantizeLinear', 'Gemm', 'MatMul', 'Pad'],
] as const;

/**
 * The receptive field behind a node: size + (kernel − 1) · dilation · step, and step · stride (Araujo et al. 2019,
 * Computing receptive fields). Padding counts as image. What flattens a plane depends on all of it.
 * @param inputs of the values that depend on the image
 * @param shape of the first of them
 * @param weights shape of a convolution's weights
 * @param output shape of the node's output
 */
export function receptiveFieldAfter(
  node: NodeProto,
  inputs: readonly ReceptiveField[],
  { shape, weights, output }: { shape: readonly number[]; weights: readonly number[]; output: readonly number[] },
): ReceptiveField {
  const widest = union(inputs);
  if (widest === undefined) return undefined;
  const whole = shape.slice(2, 4);
  if (isOperator(node, ...convolutions)) return slide(widest, node, getInts(node, 'kernel_shape') ?? weights.slice(2));
  if (isOperator(node, ...pools)) return slide(widest, node, getInts(node, 'kernel_shape') ?? []);
  if (isOperator(node, ...globalPools)) return cover(widest, whole);
  if (isOperator(node, ...flattening)) {
    return shape.length === 4 && isFlat(output) ? cover(widest, whole) : shape.length === 4 ? undefined : widest;
  }
  // The product of two computed values is attention: which pixels it mixes depends on the axes' meaning.
  const isProduct = isOperator(node, 'MatMul') && inputs.length > 1;
  return isOperator(node, ...pointwise) && !isProduct ? widest : undefined;
}

function isFlat(shape: readonly number[]): boolean {
  return shape.slice(2).every((size) => size === 1);
}

function slide(reaches: ReceptiveField, node: NodeProto, kernel: readonly number[]): ReceptiveField {
  const strides = getInts(node, 'strides') ?? [1, 1];
  const dilations = getInts(node, 'dilations') ?? [1, 1];
  if (kernel.length !== 2) return undefined;
  return each(reaches, ({ size, step }, axis) => ({
    size: size + ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) * step,
    step: step * (strides[axis] ?? 1),
  }));
}

function cover(reaches: ReceptiveField, whole: readonly number[]): ReceptiveField {
  return each(reaches, ({ size, step }, axis) => ({ size: size + ((whole[axis] ?? 1) - 1) * step, step }));
}

function union(inputs: readonly ReceptiveField[]): ReceptiveField {
  const [first, ...rest] = inputs;
  return rest.reduce<ReceptiveField>((one, other) => {
    if (one === undefined || other === undefined) return undefined;
    return each(one, ({ size, step }, axis) => ({
      size: Math.max(size, other[axis].size),
      step: Math.max(step, other[axis].step),
    }));
  }, first);
}

function each(reaches: ReceptiveField, change: (reach: AxisField, axis: 0 | 1) => AxisField): ReceptiveField {
  return reaches === undefined ? undefined : [change(reaches[0], 0), change(reaches[1], 1)];
}
