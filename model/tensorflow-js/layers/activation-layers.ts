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

/** TensorFlow.js reads only `alpha`: it ignores `negative_slope` of Keras 3, so a model with another one is refused. */
const slopeSchema = z.looseObject({ alpha: z.number().nullish(), negative_slope: z.number().nullish() });

const leaky: LayerConverter = (context) => {
  const { alpha, negative_slope: ignored } = parseConfig(slopeSchema, context);
  const slope = alpha ?? 0.3;
  if (ignored != null && ignored !== slope) {
    throw unsupported(
      context.step,
      `has the negative_slope ${ignored}, which TensorFlow.js ignores: it uses ${slope}. Name the slope alpha in model.json`,
    );
  }
  return leakyRelu(context.writer, onlyInput(context), context.step.name, slope);
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
