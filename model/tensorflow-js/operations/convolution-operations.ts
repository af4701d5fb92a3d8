import { activate, leakyRelu } from '../network/activation.ts';
import { combine } from '../network/arithmetic.ts';
import { convolution, depthwiseConvolution } from '../network/convolution.ts';
import type { Feature } from '../network/feature.ts';
import { linear } from '../network/linear.ts';
import { unsupported } from '../network/unsupported.ts';
import type { Padding, Pair } from '../network/window.ts';
import { computed, type OperationContext, type OperationConverter } from './operation.ts';

/** Height and width of an attribute with one number for each axis, [batch, height, width, channels]. */
export function spatial({ attributes, step }: OperationContext, name: string): Pair {
  const [batch = 1, height = 1, width = 1, channels = 1] = attributes.integers(name) ?? [];
  if (batch === 1 && channels === 1) return [height, width];
  throw unsupported(step, `has ${name} along the batch or the channels`);
}

/** @throws {UserError} if the channels are not last */
export function checkChannelsLast({ attributes, step }: OperationContext): void {
  const format = attributes.text('data_format', 'NHWC');
  if (format !== 'NHWC') throw unsupported(step, `has the data format ${format}: only NHWC is supported`);
}

export function paddingOf({ attributes, step }: OperationContext): Padding {
  const padding = attributes.text('padding', 'VALID').toLowerCase();
  if (padding === 'same' || padding === 'valid') return padding;
  const [, , top = 0, bottom = 0, left = 0, right = 0] = attributes.integers('explicit_paddings') ?? [];
  if (padding === 'explicit') return { margins: [top, left, bottom, right] };
  throw unsupported(step, `has the padding ${padding}`);
}

type Convolve = typeof convolution;

function convolve(context: OperationContext, write: Convolve): Feature {
  checkChannelsLast(context);
  const window = {
    strides: spatial(context, 'strides'),
    dilations: spatial(context, 'dilations'),
    padding: paddingOf(context),
  };
  const [first] = context.attributes.texts('fused_ops');
  const bias = first === 'BiasAdd' ? context.constant(2) : undefined;
  const options = { kernel: context.constant(1), bias, window };
  return write(context.writer, context.feature(), context.step, options);
}

/** Applies what is fused into an operation after the bias: an activation. */
function applyFused(context: OperationContext, output: Feature): Feature {
  const { attributes, step, writer } = context;
  const fused = attributes.texts('fused_ops');
  const [activation, ...others] = fused[0] === 'BiasAdd' ? fused.slice(1) : fused;
  if (activation === undefined) return output;
  if (others.length > 0 || activation === 'FusedBatchNorm')
    throw unsupported(step, `is fused with ${fused.join(', ')}`);
  if (activation === 'LeakyRelu') {
    return leakyRelu(writer, output, `${step.name}/leaky_relu`, attributes.number('leakyrelu_alpha', 0.2));
  }
  if (activation === 'Prelu') {
    return combine(writer, 'PRelu', [output, context.constant(-1)], { ...step, name: `${step.name}/prelu` });
  }
  return activate(writer, output, step, activation);
}

function convolving(write: Convolve): OperationConverter {
  return (context) => computed(applyFused(context, convolve(context, write)));
}

const matMul: OperationConverter = (context) => {
  const { attributes, step, writer } = context;
  if (attributes.flag('transpose_a', false)) throw unsupported(step, 'transposes the image');
  const [first] = attributes.texts('fused_ops');
  const output = linear(writer, context.feature(), step, {
    kernel: context.constant(1),
    bias: first === 'BiasAdd' ? context.constant(2) : undefined,
    unitsFirst: attributes.flag('transpose_b', false),
  });
  return computed(applyFused(context, output));
};

export const convolutionOperations: Readonly<Record<string, OperationConverter>> = {
  Conv2D: convolving(convolution),
  _FusedConv2D: convolving(convolution),
  DepthwiseConv2dNative: convolving(depthwiseConvolution),
  DepthwiseConv2d: convolving(depthwiseConvolution),
  FusedDepthwiseConv2dNative: convolving(depthwiseConvolution),
  MatMul: matMul,
  _FusedMatMul: matMul,
};
