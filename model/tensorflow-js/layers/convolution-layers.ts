import { z } from 'zod';
import { activate } from '../network/activation.ts';
import { convolution, depthwiseConvolution } from '../network/convolution.ts';
import {
  activationSchema,
  dataFormatSchema,
  type LayerContext,
  type LayerConverter,
  onlyInput,
  paddingSchema,
  pairSchema,
  parseConfig,
} from './layer.ts';

const schema = z.looseObject({
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
  return {
    window: { strides, padding, dilations },
    bias: usesBias ? context.weight('bias') : undefined,
    activation: activation ?? 'linear',
  };
}

/** Weights `kernel` [height, width, channels, filters] and `bias`. */
const conv2d: LayerConverter = (context) => {
  const { writer, step, weight } = context;
  const { activation, ...options } = settings(context);
  const output = convolution(writer, onlyInput(context), step, { kernel: weight('kernel'), ...options });
  return activate(writer, output, step, activation);
};

/** Weights `depthwise_kernel` [height, width, channels, multiplier] and `bias`. */
const depthwiseConv2d: LayerConverter = (context) => {
  const { writer, step, weight } = context;
  const { activation, ...options } = settings(context);
  const kernel = weight('depthwise_kernel');
  return activate(
    writer,
    depthwiseConvolution(writer, onlyInput(context), step, { kernel, ...options }),
    step,
    activation,
  );
};

/** A convolution of each channel, then one of 1×1 over all, without an activation in between. */
const separableConv2d: LayerConverter = (context) => {
  const { writer, step, weight } = context;
  const { activation, bias, window } = settings(context);
  const depthwiseStep = { ...step, name: `${step.name}/depthwise` };
  const depthwise = { kernel: weight('depthwise_kernel'), window };
  const maps = depthwiseConvolution(writer, onlyInput(context), depthwiseStep, depthwise);
  const pointwise = { strides: [1, 1], dilations: [1, 1], padding: 'valid' } as const;
  const output = convolution(writer, maps, step, { kernel: weight('pointwise_kernel'), bias, window: pointwise });
  return activate(writer, output, step, activation);
};

export const convolutionLayers: Readonly<Record<string, LayerConverter>> = {
  Conv2D: conv2d,
  DepthwiseConv2D: depthwiseConv2d,
  SeparableConv2D: separableConv2d,
};
