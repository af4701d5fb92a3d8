import { activate, clip, leakyRelu } from '../network/activation.ts';
import { type Arithmetic, combine } from '../network/arithmetic.ts';
import { batchNormalization } from '../network/batch-normalization.ts';
import type { Feature } from '../network/feature.ts';
import { unsupported } from '../network/unsupported.ts';
import { checkChannelsLast } from './convolution-operations.ts';
import { computed, type OperationContext, type OperationConverter } from './operation.ts';

function binary(opType: Arithmetic): OperationConverter {
  return (context) => computed(combine(context.writer, opType, [context.operand(0), context.operand(1)], context.step));
}

function activation(name: string): OperationConverter {
  return (context) => computed(activate(context.writer, context.feature(), context.step, name));
}

/** An elementwise operator of one input, with the same name in ONNX. */
function unary(opType: string): OperationConverter {
  return (context) => computed(applyUnary(context, opType, context.feature(), context.step.name));
}

function applyUnary(
  { writer }: OperationContext,
  opType: string,
  { name: input, shape }: Feature,
  name: string,
): Feature {
  return writer.node({ opType, name, inputs: [input], shape });
}

const square: OperationConverter = (context) => {
  const input = context.feature();
  return computed(combine(context.writer, 'Mul', [input, input], context.step));
};

const rsqrt: OperationConverter = (context) => {
  const root = applyUnary(context, 'Sqrt', context.feature(), `${context.step.name}/sqrt`);
  return computed(applyUnary(context, 'Reciprocal', root, context.step.name));
};

const addAll: OperationConverter = (context) => {
  const { writer, step, values } = context;
  const others = values.slice(1).map((_, index) => context.operand(index + 1));
  return computed(others.reduce((sum, next) => combine(writer, 'Add', [sum, next], step), context.feature()));
};

const biasAdd: OperationConverter = (context) => {
  checkChannelsLast(context);
  return computed(combine(context.writer, 'Add', [context.feature(), context.constant(1)], context.step));
};

/** Inputs: the value, scale, offset, mean and variance. */
const batchNorm: OperationConverter = (context) => {
  const { attributes, step, writer } = context;
  checkChannelsLast(context);
  if (attributes.flag('is_training', false))
    throw unsupported(step, 'is in training mode: export the model for inference');
  const options = {
    scale: context.constant(1),
    shift: context.constant(2),
    mean: context.constant(3),
    variance: context.constant(4),
    epsilon: attributes.number('epsilon', 1e-3),
  };
  return computed(batchNormalization(writer, context.feature(), step, options));
};

const clipByValue: OperationConverter = (context) => {
  const [min, ...otherMins] = context.constant(1).data;
  const [max, ...otherMaxs] = context.constant(2).data;
  if (min === undefined || max === undefined) throw unsupported(context.step, 'has no limits');
  if (otherMins.length + otherMaxs.length > 0)
    throw unsupported(context.step, 'has several limits: only one number each is supported');
  return computed(clip(context.writer, context.feature(), context.step.name, { min, max }));
};

const leaky: OperationConverter = (context) => {
  const alpha = context.attributes.number('alpha', 0.2);
  return computed(leakyRelu(context.writer, context.feature(), context.step.name, alpha));
};

export const arithmeticOperations: Readonly<Record<string, OperationConverter>> = {
  Add: binary('Add'),
  AddV2: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  Div: binary('Div'),
  RealDiv: binary('Div'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow'),
  Prelu: binary('PRelu'),
  AddN: addAll,
  BiasAdd: biasAdd,
  BiasAddV1: biasAdd,
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  Relu: activation('relu'),
  Relu6: activation('relu6'),
  Elu: activation('elu'),
  Selu: activation('selu'),
  Sigmoid: activation('sigmoid'),
  Tanh: activation('tanh'),
  Softplus: activation('softplus'),
  Softmax: activation('softmax'),
  LogSoftmax: activation('logsoftmax'),
  LeakyRelu: leaky,
  ClipByValue: clipByValue,
  Square: square,
  Rsqrt: rsqrt,
  Abs: unary('Abs'),
  Ceil: unary('Ceil'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  Log: unary('Log'),
  Neg: unary('Neg'),
  Reciprocal: unary('Reciprocal'),
  Sqrt: unary('Sqrt'),
};
