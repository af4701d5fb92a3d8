import { intAttribute, intsAttribute } from '../../graph/attribute.ts';
import { elementCount } from '../../onnx/tensor.ts';
import { type Feature, planeOf } from './feature.ts';
import type { NetworkWriter } from './network-writer.ts';
import { type Step, unsupported } from './unsupported.ts';

/**
 * Gives a value another shape, with its elements in the order that they have in TensorFlow, channels last.
 * @param shape without the batch; one size can be −1
 * @throws {UserError} if the number of elements differs
 */
export function reshape(writer: NetworkWriter, input: Feature, step: Step, shape: readonly number[]): Feature {
  const target = resolve(shape, elementCount(input.shape));
  if (target === undefined) {
    throw unsupported(step, `reshapes [${input.shape.join(', ')}] to [${shape.join(', ')}], which has another size`);
  }
  if (target.join() === input.shape.join()) return input;
  const ordered = channelsLast(writer, input, step);
  if (target.length === 1) {
    const attributes = [intAttribute('axis', 1)];
    return writer.node({ opType: 'Flatten', name: step.name, inputs: [ordered], shape: target, attributes });
  }
  const plane = planeOf({ shape: target });
  const isPoint = plane?.height === 1 && plane.width === 1;
  const sizes = isPoint ? [plane.channels, 1, 1] : target;
  // 0 copies the batch.
  const sizesName = writer.integers(`${step.name}/shape`, [0, ...sizes]);
  const reshaped = writer.node({ opType: 'Reshape', name: step.name, inputs: [ordered, sizesName], shape: target });
  if (plane === undefined || isPoint) return reshaped;
  const attributes = [intsAttribute('perm', [0, 3, 1, 2])];
  const name = `${step.name}/channels_first`;
  return writer.node({ opType: 'Transpose', name, inputs: [reshaped.name], shape: target, attributes });
}

function resolve(shape: readonly number[], count: number): number[] | undefined {
  const known = shape.filter((size) => size !== -1);
  const rest = count / elementCount(known);
  const resolved = shape.map((size) => (size === -1 ? rest : size));
  const isLegal = shape.length - known.length <= 1 && elementCount(resolved) === count;
  return isLegal && resolved.every((size) => Number.isInteger(size) && size > 0) ? resolved : undefined;
}

/** Maps of one pixel or one channel have the same order of elements in both layouts. */
function channelsLast(writer: NetworkWriter, input: Feature, step: Step): string {
  const plane = planeOf(input);
  if (plane === undefined || plane.height * plane.width === 1 || plane.channels === 1) return input.name;
  const attributes = [intsAttribute('perm', [0, 2, 3, 1])];
  const name = `${step.name}/channels_last`;
  return writer.node({ opType: 'Transpose', name, inputs: [input.name], shape: input.shape, attributes }).name;
}
