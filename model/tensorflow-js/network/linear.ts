import { intAttribute } from '../../graph/attribute.ts';
import type { Feature, Weight } from './feature.ts';
import { floats } from './floats.ts';
import type { NetworkWriter } from './network-writer.ts';
import { perChannel } from './per-channel.ts';
import { permuted, transpose } from './transpose.ts';
import { type Step, unsupported } from './unsupported.ts';

export interface Linear {
  /** [features, units], or [units, features] if `unitsFirst`. */
  readonly kernel: Weight;
  readonly bias?: Weight | undefined;
  readonly unitsFirst?: boolean;
}

/** A fully connected layer: [features] to [units]. On feature maps, it is applied to each pixel, as in TensorFlow. */
export function linear(writer: NetworkWriter, input: Feature, step: Step, options: Linear): Feature {
  const { kernel, bias, unitsFirst = false } = options;
  const order = unitsFirst ? [0, 1] : [1, 0];
  const [units = 0, features = 0] = permuted(kernel.shape, order);
  if (kernel.shape.length !== 2 || units === 0 || features !== input.shape.at(-1)) {
    const shapes = `[${kernel.shape.join(', ')}] for an input of [${input.shape.join(', ')}]`;
    throw unsupported(step, `has weights of the shape ${shapes}`);
  }
  if (input.shape.length !== 1 && input.shape.length !== 3) {
    throw unsupported(step, `has an input of the shape [${input.shape.join(', ')}]: only [features] is supported`);
  }
  const data = transpose(floats(kernel), kernel.shape, order);
  const isPointwise = input.shape.length === 3;
  const weights = writer.weight(kernel.name, isPointwise ? [units, features, 1, 1] : [units, features], data);
  const biases = bias === undefined ? [] : [perChannel(writer, bias, units, step)];
  return writer.node({
    opType: isPointwise ? 'Conv' : 'Gemm',
    name: step.name,
    inputs: [input.name, weights, ...biases],
    shape: [...input.shape.slice(0, -1), units],
    attributes: isPointwise ? [] : [intAttribute('transB', 1)],
  });
}
