import { getInt, getInts } from '../../graph/attribute.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { elementCount, tensorData } from '../../onnx/tensor.ts';
import { averagePool, globalAveragePool } from './average-pool.ts';
import { int64Data } from './constants.ts';
import { convolution } from './convolution.ts';
import { type BackwardContext, type Derivative, input, output, unsupported } from './derivative.ts';
import type { Emitter } from './emitter.ts';
import { gemm, matMul } from './linear.ts';
import { logSoftmax, softmax, softmaxCrossEntropy } from './losses.ts';
import { maxPool } from './max-pool.ts';
import { batchNormalization, localResponseNormalization } from './normalization.ts';

/** Derivatives of the supported ONNX operators. */
export const derivatives: Readonly<Record<string, Derivative>> = {
  Conv: convolution,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  LRN: localResponseNormalization,
  BatchNormalization: batchNormalization,
  Gemm: gemm,
  MatMul: matMul,
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  SoftmaxCrossEntropyLoss: softmaxCrossEntropy,

  /** y = max(x, 0): the gradient where y is above 0. */
  Relu: unary(({ node, gradient, emit }) => {
    const shape = emit.shape(gradient);
    const isPositive = emit.add('Greater', [output(node), emit.scalar(0)], shape);
    // A product with ones and zeros; `Where` takes 1.5 times as long.
    return emit.add('Mul', [gradient, emit.add('Cast', [isPositive], shape, { to: 1 })], shape);
  }),
  /** y = tanh x: dx = dy · (1 − y²). */
  Tanh: unary(({ node, gradient, emit }) => {
    const shape = emit.shape(gradient);
    const square = emit.add('Mul', [output(node), output(node)], shape);
    return emit.add('Mul', [gradient, emit.add('Sub', [emit.scalar(1), square], shape)], shape);
  }),
  /** y = 1 / (1 + e^−x): dx = dy · y · (1 − y). */
  Sigmoid: unary(({ node, gradient, emit }) => {
    const shape = emit.shape(gradient);
    const slope = emit.add('Mul', [output(node), emit.add('Sub', [emit.scalar(1), output(node)], shape)], shape);
    return emit.add('Mul', [gradient, slope], shape);
  }),
  /** In training mode, kept features are divided by 1 − ratio; otherwise the identity. */
  Dropout: unary(({ node, gradient, emit }) => {
    if (input(node, 2) === '') return gradient;
    const trainingMode = emit.tensor(input(node, 2));
    if (trainingMode === undefined) throw unsupported(node, 'its training mode must be a constant');
    if (Number(tensorData(trainingMode)[0]) === 0) return gradient;
    const [, mask = ''] = node.output;
    if (mask === '') throw unsupported(node, 'the mask must be one of its outputs');
    const shape = emit.shape(gradient);
    const kept = emit.add('Mul', [gradient, emit.add('Cast', [mask], shape, { to: 1 })], shape);
    const share = input(node, 1) === '' ? emit.scalar(0.5) : emit.add('Sub', [emit.scalar(1), input(node, 1)], []);
    return emit.add('Div', [kept, share], shape);
  }),

  Add: ({ node, gradient, emit, needs }) =>
    [0, 1].map((index) => (needs(index) ? emit.sumTo(gradient, emit.shape(input(node, index))) : undefined)),
  Sum: ({ node, gradient, emit, needs }) =>
    node.input.map((name, index) => (needs(index) ? emit.sumTo(gradient, emit.shape(name)) : undefined)),
  Sub: ({ node, gradient, emit, needs }) =>
    [1, -1].map((sign, index) =>
      needs(index) ? emit.times(emit.sumTo(gradient, emit.shape(input(node, index))), sign) : undefined,
    ),
  Mul: ({ node, gradient, emit, needs }) =>
    [1, 0].map((other, index) => {
      if (!needs(index)) return undefined;
      const product = emit.add('Mul', [gradient, input(node, other)], emit.shape(gradient));
      return emit.sumTo(product, emit.shape(input(node, index)));
    }),
  /** y = a / b: da = dy / b, db = −dy · y / b. */
  Div: ({ node, gradient, emit, needs }) => {
    if (!needs(0) && !needs(1)) return [];
    const shape = emit.shape(gradient);
    const quotient = emit.add('Div', [gradient, input(node, 1)], shape);
    const divisorGradient = () => emit.times(emit.add('Mul', [quotient, output(node)], shape), -1);
    return [
      needs(0) ? emit.sumTo(quotient, emit.shape(input(node, 0))) : undefined,
      needs(1) ? emit.sumTo(divisorGradient(), emit.shape(input(node, 1))) : undefined,
    ];
  },

  Concat: ({ node, gradient, emit }) => {
    const shapes = node.input.map((name) => emit.shape(name));
    const rank = emit.shape(gradient).length;
    const axis = (getInt(node, 'axis', 0) + rank) % rank;
    const sizes = shapes.map((shape) => shape[axis] ?? 0);
    return emit.addAll('Split', [gradient, emit.ints(sizes)], shapes, { axis });
  },
  Transpose: unary(({ node, gradient, emit }) => {
    const rank = emit.shape(gradient).length;
    const axes = getInts(node, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
    return emit.transpose(
      gradient,
      Array.from(axes, (_, axis) => axes.indexOf(axis)),
    );
  }),
  Identity: unary(({ gradient }) => gradient),
  Flatten: unary(reshapeBack),
  Reshape: unary(reshapeBack),
  Squeeze: unary(reshapeBack),
  Unsqueeze: unary(reshapeBack),
  ReduceSum: unary((context) => repeat(context, 1)),
  ReduceMean: unary((context) => {
    const { node, gradient, emit } = context;
    return repeat(context, elementCount(emit.shape(gradient)) / elementCount(emit.shape(input(node, 0))));
  }),
};

/** An operator where only the first input has a gradient. */
function unary(derivative: (context: BackwardContext) => string): Derivative {
  return (context) => (context.needs(0) ? [derivative(context)] : []);
}

function reshapeBack({ node, gradient, emit }: BackwardContext): string {
  return emit.reshape(gradient, emit.shape(input(node, 0)));
}

/** The gradient of a sum over axes: every summed element has the gradient of the sum. */
function repeat({ node, gradient, emit }: BackwardContext, factor: number): string {
  const shape = emit.shape(input(node, 0));
  const axes = reducedAxes(node, emit).map((axis) => (axis + shape.length) % shape.length);
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return emit.add('Expand', [emit.reshape(emit.times(gradient, factor), kept), emit.ints(shape)], shape);
}

/** The axes of an attribute or an input. An empty list means all axes, or no axis with `noop_with_empty_axes`. */
function reducedAxes(node: NodeProto, emit: Emitter): readonly number[] {
  const name = input(node, 1);
  const axes = getInts(node, 'axes') ?? (name === '' ? [] : int64Data(emit.tensor(name)));
  if (axes === undefined) throw unsupported(node, 'its axes must be a constant');
  if (axes.length > 0 || getInt(node, 'noop_with_empty_axes', 0) === 1) return axes;
  return [...emit.shape(input(node, 0)).keys()];
}
