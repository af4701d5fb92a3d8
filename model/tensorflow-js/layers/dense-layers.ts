import { z } from 'zod';
import { activate } from '../network/activation.ts';
import { batchNormalization } from '../network/batch-normalization.ts';
import { linear } from '../network/linear.ts';
import { unsupported } from '../network/unsupported.ts';
import { activationSchema, type LayerConverter, onlyInput, parseConfig, weightOfShape } from './layer.ts';

const denseSchema = z.looseObject({
  units: z.int().positive().optional(),
  activation: activationSchema,
  use_bias: z.boolean().default(true),
});

/** Weights `kernel` [features, units] and `bias`. */
const dense: LayerConverter = (context) => {
  const { writer, step, weight } = context;
  const { units, activation, use_bias: usesBias } = parseConfig(denseSchema, context);
  const options = {
    kernel: weightOfShape(context, 'kernel', [undefined, units]),
    bias: usesBias ? weight('bias') : undefined,
  };
  return activate(writer, linear(writer, onlyInput(context), step, options), step, activation ?? 'linear');
};

const normalizationSchema = z.looseObject({
  axis: z.union([z.int(), z.tuple([z.int()]).transform(([axis]) => axis)]).default(-1),
  epsilon: z.number().positive().default(1e-3),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
});

/** Weights `gamma` (with `scale`), `beta` (with `center`), `moving_mean` and `moving_variance`. */
const normalization: LayerConverter = (context) => {
  const { writer, step, weight } = context;
  const { axis, epsilon, center, scale } = parseConfig(normalizationSchema, context);
  const input = onlyInput(context);
  if (axis !== -1 && axis !== input.shape.length) throw unsupported(step, `is not supported along axis ${axis}`);
  return batchNormalization(writer, input, step, {
    scale: scale ? weight('gamma') : undefined,
    shift: center ? weight('beta') : undefined,
    mean: weight('moving_mean'),
    variance: weight('moving_variance'),
    epsilon,
  });
};

export const denseLayers: Readonly<Record<string, LayerConverter>> = {
  Dense: dense,
  BatchNormalization: normalization,
};
