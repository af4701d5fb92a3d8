import { z } from 'zod';
import { activate } from '../network/activation.ts';
import { convolution, depthwiseConvolution } from '../network/convolution.ts';
import { unsupported } from '../network/unsupported.ts';
import {
  activationSchema,
  dataFormatSchema,
  type LayerContext,
  type LayerConverter,
  onlyInput,
  paddingSchema,
  pairSchema,
  parseConfig,
  weightOfShape,
} from './layer.ts';

const count = z.int().positive().nullish();
const schema = z.looseObject({
  filters: count,
  kernel_size: pairSchema.optional(),
  depth_multiplier: count,
  strides: pairSchema.default([1, 1]),
  padding: paddingSchema,
  data_format: dataFormatSchema,
  dilation_rate: pairSchema.default([1, 1]),
  groups: z.literal(1).optional(),
  activation: activationSchema,
  use_bias: z.boolean().default(true),
});

function settings(context: LayerContext) {
  const config = parseConfig(schema, context);
  const { strides, padding, dilation_rate: dilations, use_bias: usesBias, activation } = config;
  const [height, width] = config.kernel_size ?? [];
  return {
    window: { strides, padding, dilations },
    bias: usesBias ? context.weight('bias') : undefined,
    activation: activation ?? 'linear',
    height,
    width,
    filters: config.filters ?? undefined,
    multiplier: config.depth_multiplier ?? undefined,
  };
}

/** Weights `kernel` [height, width, channels, filters] and `bias`. */
const conv2d: LayerConverter = (context) => {
  const { writer, step } = context;
  const { activation, window, bias, height, width, filters } = settings(context);
  const kernel = weightOfShape(context, 'kernel', [height, width, undefined, filters]);
  const output = convolution(writer, onlyInput(context), step, { kernel, window, bias });
  return activate(writer, output, step, activation);
};

/** Weights `depthwise_kernel` [height, width, channels, multiplier] and `bias`. */
const depthwiseConv2d: LayerConverter = (context) => {
  const { writer, step } = context;
  const { activation, window, bias, height, width, multiplier } = settings(context);
  if (window.dilations.some((size) => size !== 1)) {
    throw unsupported(step, `has the dilation_rate ${window.dilations.join('×')}, which TensorFlow.js ignores`);
  }
  const kernel = weightOfShape(context, 'depthwise_kernel', [height, width, undefined, multiplier]);
  const output = depthwiseConvolution(writer, onlyInput(context), step, { kernel, window, bias });
  return activate(writer, output, step, activation);
};

/** A convolution of each channel, then one of 1×1 over all, without an activation in between. */
const separableConv2d: LayerConverter = (context) => {
  const { writer, step } = context;
  const { activation, bias, window, height, width, filters, multiplier } = settings(context);
  const depthwiseStep = { ...step, name: `${step.name}/depthwise` };
  const depthwiseKernel = weightOfShape(context, 'depthwise_kernel', [height, width, undefined, multiplier]);
  const depthwise = { kernel: depthwiseKernel, window };
  const maps = depthwiseConvolution(writer, onlyInput(context), depthwiseStep, depthwise);
  const pointwise = { strides: [1, 1], dilations: [1, 1], padding: 'valid' } as const;
  const kernel = weightOfShape(context, 'pointwise_kernel', [1, 1, undefined, filters]);
  const output = convolution(writer, maps, step, { kernel, bias, window: pointwise });
  return activate(writer, output, step, activation);
};

export const convolutionLayers: Readonly<Record<string, LayerConverter>> = {
  Conv2D: conv2d,
  DepthwiseConv2D: depthwiseConv2d,
  SeparableConv2D: separableConv2d,
};
