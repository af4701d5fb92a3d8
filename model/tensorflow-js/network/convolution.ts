import { intAttribute } from '../../graph/attribute.ts';
import { type Feature, type Plane, planeOf, type Weight } from './feature.ts';
import { floats } from './floats.ts';
import type { NetworkWriter } from './network-writer.ts';
import { perChannel } from './per-channel.ts';
import { permuted, transpose } from './transpose.ts';
import { type Step, unsupported } from './unsupported.ts';
import { type Pair, type Window, windowOutput } from './window.ts';

export interface Convolution {
  /** [height, width, input channels, filters] */
  readonly kernel: Weight;
  /** [filters] */
  readonly bias?: Weight | undefined;
  readonly window: Omit<Window, 'kernel'>;
}

/** A convolution over all channels. */
export function convolution(writer: NetworkWriter, input: Feature, step: Step, options: Convolution): Feature {
  const { kernel, bias } = options;
  const plane = mapsOf(input, step);
  const [, , channels = 0, filters = 0] = kernel.shape;
  if (!isKernel(kernel) || channels !== plane.channels) throw wrongKernel(step, kernel, plane);
  const order = [3, 2, 0, 1];
  const weights = writer.weight(
    kernel.name,
    permuted(kernel.shape, order),
    transpose(floats(kernel), kernel.shape, order),
  );
  return write(writer, { input, plane, step, options, weights, filters, groups: 1, biases: bias });
}

/**
 * A convolution of each channel by itself.
 * @param options `kernel` is [height, width, channels, multiplier]; there are channels × multiplier filters
 */
export function depthwiseConvolution(writer: NetworkWriter, input: Feature, step: Step, options: Convolution): Feature {
  const { kernel, bias } = options;
  const plane = mapsOf(input, step);
  const [height = 1, width = 1, channels = 0, multiplier = 0] = kernel.shape;
  if (!isKernel(kernel) || channels !== plane.channels) throw wrongKernel(step, kernel, plane);
  const filters = channels * multiplier;
  const data = transpose(floats(kernel), kernel.shape, [2, 3, 0, 1]);
  const weights = writer.weight(kernel.name, [filters, 1, height, width], data);
  return write(writer, { input, plane, step, options, weights, filters, groups: channels, biases: bias });
}

interface WrittenConvolution {
  readonly input: Feature;
  readonly plane: Plane;
  readonly step: Step;
  readonly options: Convolution;
  readonly weights: string;
  readonly filters: number;
  readonly groups: number;
  readonly biases: Weight | undefined;
}

function write(writer: NetworkWriter, parts: WrittenConvolution): Feature {
  const { input, plane, step, options, weights, filters, groups, biases } = parts;
  const [height = 1, width = 1] = options.kernel.shape;
  const kernel: Pair = [height, width];
  const output = windowOutput(plane, { ...options.window, kernel }, step);
  const bias = biases === undefined ? [] : [perChannel(writer, biases, filters, step)];
  return writer.node({
    opType: 'Conv',
    name: step.name,
    inputs: [input.name, weights, ...bias],
    shape: [output.height, output.width, filters],
    attributes: [...output.attributes, ...(groups === 1 ? [] : [intAttribute('group', groups)])],
  });
}

function isKernel({ shape }: Weight): boolean {
  return shape.length === 4 && shape.every((size) => size > 0);
}

/** The plane of a layer's input. @throws {UserError} if the input is not [height, width, channels] */
export function mapsOf(input: Feature, step: Step): Plane {
  const plane = planeOf(input);
  if (plane !== undefined) return plane;
  throw unsupported(step, `has an input of the shape [${input.shape.join(', ')}]: expected height, width and channels`);
}

function wrongKernel(step: Step, { shape }: Weight, { channels }: Plane): Error {
  return unsupported(step, `has a kernel of the shape [${shape.join(', ')}] for an input with ${channels} channels`);
}
