import { z } from 'zod';
import { activate, clip, leakyRelu } from '../network/activation.ts';
import { combine } from '../network/arithmetic.ts';
import { unsupported } from '../network/unsupported.ts';
import { type LayerConverter, onlyInput, parseConfig } from './layer.ts';

const activation: LayerConverter = (context) => {
  const config = parseConfig(z.looseObject({ activation: z.string() }), context);
  return activate(context.writer, onlyInput(context), context.step, config.activation);
};

/** TensorFlow.js ignores a slope below zero and a threshold, so a model with one is refused. */
const reluSchema = z.looseObject({
  max_value: z.number().nullish(),
  negative_slope: z.literal(0).nullish(),
  threshold: z.literal(0).nullish(),
});

const relu: LayerConverter = (context) => {
  const { max_value: max } = parseConfig(reluSchema, context);
  const { writer, step } = context;
  const input = onlyInput(context);
  if (max == null) return activate(writer, input, step, 'relu');
  return clip(writer, input, step.name, { min: 0, max });
};

/** Keras 3 names it `negative_slope`. */
const slopeSchema = z
  .looseObject({ alpha: z.number().optional(), negative_slope: z.number().optional() })
  .transform(({ alpha, negative_slope: slope }) => alpha ?? slope ?? 0.3);

const leaky: LayerConverter = (context) => {
  return leakyRelu(context.writer, onlyInput(context), context.step.name, parseConfig(slopeSchema, context));
};

const exponential: LayerConverter = (context) => {
  parseConfig(z.looseObject({ alpha: z.literal(1).nullish() }), context);
  return activate(context.writer, onlyInput(context), context.step, 'elu');
};

/** Weight `alpha` in the shape of the input, 1 along shared axes. */
const parametric: LayerConverter = (context) =>
  combine(context.writer, 'PRelu', [onlyInput(context), context.weight('alpha')], context.step);

const softmax: LayerConverter = (context) => {
  const { axis } = parseConfig(z.looseObject({ axis: z.int().default(-1) }), context);
  const input = onlyInput(context);
  if (axis !== -1 && axis !== input.shape.length)
    throw unsupported(context.step, `is not supported along axis ${axis}`);
  return activate(context.writer, input, context.step, 'softmax');
};

export const activationLayers: Readonly<Record<string, LayerConverter>> = {
  Activation: activation,
  ReLU: relu,
  LeakyReLU: leaky,
  ELU: exponential,
  PReLU: parametric,
  Softmax: softmax,
};
