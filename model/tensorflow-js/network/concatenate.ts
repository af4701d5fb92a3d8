import { intAttribute } from '../../graph/attribute.ts';
import { type Feature, onnxAxis } from './feature.ts';
import type { NetworkWriter } from './network-writer.ts';
import { type Step, unsupported } from './unsupported.ts';

/**
 * Joins values along an axis.
 * @param axis in TensorFlow, with the batch; counted from the end if negative
 * @throws {UserError} if the other axes differ, or the axis is the batch
 */
export function concatenate(writer: NetworkWriter, inputs: readonly Feature[], step: Step, axis: number): Feature {
  const [first] = inputs;
  if (first === undefined) throw unsupported(step, 'has no inputs');
  const along = axis < 0 ? axis + first.shape.length + 1 : axis;
  if (along < 1 || along > first.shape.length) throw unsupported(step, `joins its inputs along axis ${axis}`);
  const others = ({ shape }: Feature) => shape.filter((_, index) => index !== along - 1).join();
  if (inputs.some((input) => input.shape.length !== first.shape.length || others(input) !== others(first))) {
    const shapes = inputs.map(({ shape }) => `[${shape.join(', ')}]`).join(', ');
    throw unsupported(step, `joins shapes that do not fit: ${shapes}`);
  }
  if (inputs.length === 1) return first;
  const size = inputs.reduce((sum, { shape }) => sum + (shape[along - 1] ?? 0), 0);
  return writer.node({
    opType: 'Concat',
    name: step.name,
    inputs: inputs.map(({ name }) => name),
    shape: first.shape.with(along - 1, size),
    attributes: [intAttribute('axis', onnxAxis(along, first))],
  });
}
