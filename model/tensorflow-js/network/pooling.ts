import { mapsOf } from './convolution.ts';
import type { Feature } from './feature.ts';
import type { NetworkWriter } from './network-writer.ts';
import type { Step } from './unsupported.ts';
import { autoPadded, type Window, windowOutput } from './window.ts';

/** Padding takes no part in a maximum, and none in a mean, as in TensorFlow. */
export function pool(
  writer: NetworkWriter,
  input: Feature,
  step: Step,
  { kind, window }: { kind: 'MaxPool' | 'AveragePool'; window: Window },
): Feature {
  const plane = mapsOf(input, step);
  const output = windowOutput(plane, window, step);
  const { height, width } = output;
  return writer.node({
    opType: kind,
    name: step.name,
    inputs: [input.name],
    shape: [height, width, plane.channels],
    attributes: writer.isComputedBy(input, 'Pad') ? autoPadded(output, window.padding) : output.attributes,
  });
}

/** The mean or the maximum of each channel: [channels], or [1, 1, channels] with `keepDims`. */
export function globalPool(
  writer: NetworkWriter,
  input: Feature,
  step: Step,
  { kind, keepDims }: { kind: 'GlobalAveragePool' | 'GlobalMaxPool'; keepDims: boolean },
): Feature {
  const { channels } = mapsOf(input, step);
  const maps = writer.node({ opType: kind, name: step.name, inputs: [input.name], shape: [1, 1, channels] });
  if (keepDims) return maps;
  return writer.node({ opType: 'Flatten', name: `${step.name}/flat`, inputs: [maps.name], shape: [channels] });
}
