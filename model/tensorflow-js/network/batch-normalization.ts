import { floatAttribute } from '../../graph/attribute.ts';
import type { Feature, Weight } from './feature.ts';
import type { NetworkWriter } from './network-writer.ts';
import { perChannel } from './per-channel.ts';
import { type Step, unsupported } from './unsupported.ts';

export interface BatchNormalization {
  /** 1 if the layer has none. */
  readonly scale?: Weight | undefined;
  /** 0 if the layer has none. */
  readonly shift?: Weight | undefined;
  readonly mean: Weight;
  readonly variance: Weight;
  readonly epsilon: number;
}

/**
 * Normalizes the channels with the statistics of the training.
 * @throws {UserError} if the input is neither features nor feature maps: ONNX takes axis 1 for the channels
 */
export function batchNormalization(
  writer: NetworkWriter,
  input: Feature,
  step: Step,
  options: BatchNormalization,
): Feature {
  const { scale, shift, mean, variance, epsilon } = options;
  const channels = input.shape.at(-1) ?? 0;
  if (input.shape.length !== 1 && input.shape.length !== 3) {
    const expected = 'expected features, or height, width and channels';
    throw unsupported(step, `has an input of the shape [${input.shape.join(', ')}]: ${expected}`);
  }
  const constant = (weight: Weight | undefined, name: string, value: number) =>
    weight === undefined
      ? writer.weight(`${step.name}/${name}`, [channels], new Float32Array(channels).fill(value))
      : perChannel(writer, weight, channels, step);
  return writer.node({
    opType: 'BatchNormalization',
    name: step.name,
    inputs: [
      input.name,
      constant(scale, 'gamma', 1),
      constant(shift, 'beta', 0),
      perChannel(writer, mean, channels, step),
      perChannel(writer, variance, channels, step),
    ],
    shape: input.shape,
    attributes: [floatAttribute('epsilon', epsilon)],
  });
}
