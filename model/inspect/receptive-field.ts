import { getInts } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';

/** The receptive field along one axis of the image, pixels. */
interface AxisField {
  /** Number of pixels that an element depends on. */
  readonly size: number;
  /** Distance between the windows of two adjacent elements. */
  readonly step: number;
}

/** Height and width of the receptive field of an element; undefined if unknown. */
export type ReceptiveField = readonly [AxisField, AxisField] | undefined;

/** Each pixel of the image depends on itself. */
export const imageField: ReceptiveField = [
  { size: 1, step: 1 },
  { size: 1, step: 1 },
];

const convolutions = ['Conv', 'ConvInteger', 'QLinearConv'] as const;
const pools = ['MaxPool', 'AveragePool', 'LpPool'] as const;
const globalPools = ['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'] as const;
const flattening = ['Flatten', 'Reshape', 'Squeeze', 'ReduceMean', 'ReduceMax', 'ReduceSum'] as const;
/** Operators that process each element, or each pixel across its channels, separately. */
const pointwise = [
  ...['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Celu', 'Gelu', 'Mish', 'Softplus', 'Softsign', 'ThresholdedRelu'],
  ...['Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'Clip', 'Abs', 'Neg', 'Sqrt', 'Exp', 'Log', 'Erf', 'Reciprocal'],
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Sum', 'Mean', 'Concat', 'Split', 'LRN', 'Softmax'],
  ...['LogSoftmax', 'BatchNormalization', 'Dropout', 'Identity', 'Cast', 'Transpose', 'Unsqueeze', 'QuantizeLinear'],
  ...['DequantizeLinear', 'Gemm', 'MatMul', 'Pad'],
] as const;

/**
 * The receptive field of a node's output: size + (kernel − 1) · dilation · step, and step · stride (Araujo et al. 2019,
 * Computing receptive fields). Padding counts as image. A flattened plane depends on the whole plane.
 * @param inputs receptive fields of the inputs that depend on the image
 * @param shapes of the first input, of a convolution's weights and of the output
 */
export function receptiveFieldAfter(
  node: NodeProto,
  inputs: readonly ReceptiveField[],
  { shape, weights, output }: { shape: readonly number[]; weights: readonly number[]; output: readonly number[] },
): ReceptiveField {
  const widest = union(inputs);
  if (widest === undefined) return undefined;
  const plane = shape.slice(2, 4);
  if (isOperator(node, ...convolutions)) return slide(widest, node, getInts(node, 'kernel_shape') ?? weights.slice(2));
  if (isOperator(node, ...pools)) return slide(widest, node, getInts(node, 'kernel_shape') ?? []);
  if (isOperator(node, ...globalPools)) return coverPlane(widest, plane);
  if (isOperator(node, ...flattening)) {
    if (shape.length !== 4) return widest;
    return isFlat(output) ? coverPlane(widest, plane) : undefined;
  }
  // The product of two computed values is attention. Which pixels it mixes depends on the meaning of the axes.
  const isProduct = isOperator(node, 'MatMul') && inputs.length > 1;
  return isOperator(node, ...pointwise) && !isProduct ? widest : undefined;
}

function isFlat(shape: readonly number[]): boolean {
  return shape.slice(2).every((size) => size === 1);
}

function slide(field: ReceptiveField, node: NodeProto, kernel: readonly number[]): ReceptiveField {
  const strides = getInts(node, 'strides') ?? [1, 1];
  const dilations = getInts(node, 'dilations') ?? [1, 1];
  if (kernel.length !== 2) return undefined;
  return mapAxes(field, ({ size, step }, axis) => ({
    size: size + ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) * step,
    step: step * (strides[axis] ?? 1),
  }));
}

function coverPlane(field: ReceptiveField, plane: readonly number[]): ReceptiveField {
  return mapAxes(field, ({ size, step }, axis) => ({ size: size + ((plane[axis] ?? 1) - 1) * step, step }));
}

function union(inputs: readonly ReceptiveField[]): ReceptiveField {
  const [first, ...rest] = inputs;
  return rest.reduce<ReceptiveField>((a, b) => {
    if (a === undefined || b === undefined) return undefined;
    return mapAxes(a, ({ size, step }, axis) => ({
      size: Math.max(size, b[axis].size),
      step: Math.max(step, b[axis].step),
    }));
  }, first);
}

function mapAxes(field: ReceptiveField, change: (field: AxisField, axis: 0 | 1) => AxisField): ReceptiveField {
  return field === undefined ? undefined : [change(field[0], 0), change(field[1], 1)];
}
