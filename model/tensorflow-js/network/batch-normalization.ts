import { floatAttribute } from '../../graph/attribute.ts';
import type { Feature, Weight } from './feature.ts';
import { floats } from './floats.ts';
import type { NetworkWriter } from './network-writer.ts';
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

/** Normalizes the last axis with the statistics of the training. */
export function batchNormalization(
  writer: NetworkWriter,
  input: Feature,
  step: Step,
  options: BatchNormalization,
): Feature {
  const { scale, shift, mean, variance, epsilon } = options;
  const channels = input.shape.at(-1) ?? 0;
  for (const weight of [scale, shift, mean, variance]) {
    if (weight !== undefined && weight.data.length !== channels) {
      throw unsupported(step, `has ${weight.data.length} values of ${weight.name} for ${channels} channels`);
    }
  }
  const constant = (weight: Weight | undefined, name: string, value: number) =>
    writer.weight(
      weight?.name ?? `${step.name}/${name}`,
      [channels],
      weight === undefined ? new Float32Array(channels).fill(value) : floats(weight),
    );
  return writer.node({
    opType: 'BatchNormalization',
    name: step.name,
    inputs: [
      input.name,
      constant(scale, 'gamma', 1),
      constant(shift, 'beta', 0),
      constant(mean, 'mean', 0),
      constant(variance, 'variance', 1),
    ],
    shape: input.shape,
    attributes: [floatAttribute('epsilon', epsilon)],
  });
}
