import { mapsOf } from './convolution.ts';
import type { Feature } from './feature.ts';
import type { NetworkWriter } from './network-writer.ts';
import { type Step, unsupported } from './unsupported.ts';
import type { Margins } from './window.ts';

/** Adds pixels of a constant around feature maps. */
export function pad(
  writer: NetworkWriter,
  input: Feature,
  step: Step,
  { margins, value = 0 }: { margins: Margins; value?: number },
): Feature {
  const { height, width, channels } = mapsOf(input, step);
  const [top, left, bottom, right] = margins;
  if (margins.some((size) => size < 0)) throw unsupported(step, `has negative padding: ${margins.join(', ')}`);
  const pads = writer.integers(`${step.name}/pads`, [0, 0, top, left, 0, 0, bottom, right]);
  const constant = value === 0 ? [] : [writer.scalar(`${step.name}/value`, value)];
  return writer.node({
    opType: 'Pad',
    name: step.name,
    inputs: [input.name, pads, ...constant],
    shape: [height + top + bottom, width + left + right, channels],
  });
}

/** Removes pixels from the edges of feature maps. */
export function crop(writer: NetworkWriter, input: Feature, step: Step, margins: Margins): Feature {
  const { height, width, channels } = mapsOf(input, step);
  const [top, left, bottom, right] = margins;
  const shape = [height - top - bottom, width - left - right, channels];
  if (shape.some((size) => size < 1)) throw unsupported(step, `crops more than its input of ${height}×${width}`);
  const starts = writer.integers(`${step.name}/starts`, [top, left]);
  const ends = writer.integers(`${step.name}/ends`, [height - bottom, width - right]);
  const axes = writer.integers(`${step.name}/axes`, [2, 3]);
  return writer.node({ opType: 'Slice', name: step.name, inputs: [input.name, starts, ends, axes], shape });
}
