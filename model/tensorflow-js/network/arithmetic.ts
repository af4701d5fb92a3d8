import { type Feature, planeOf, type Weight } from './feature.ts';
import { floats } from './floats.ts';
import type { NetworkWriter } from './network-writer.ts';
import { permuted, transpose } from './transpose.ts';
import { type Step, unsupported } from './unsupported.ts';

export type Arithmetic = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Max' | 'Min' | 'Pow' | 'PRelu';

export type Operand = Feature | Weight;

export function isWeight(operand: Operand): operand is Weight {
  return 'data' in operand;
}

/**
 * Combines two values elementwise, with broadcasting as in TensorFlow: shapes are aligned at the channels.
 * @throws {UserError} if both are constants, or their shapes do not broadcast within an image
 */
export function combine(
  writer: NetworkWriter,
  opType: Arithmetic,
  operands: readonly [Operand, Operand],
  step: Step,
): Feature {
  const computed = operands.filter((operand) => !isWeight(operand));
  const rank = Math.max(...computed.map(({ shape }) => shape.length));
  if (computed.length === 0)
    throw unsupported(step, 'has two constants as inputs: fold constants before the conversion');
  if (computed.some(({ shape }) => shape.length !== rank)) throw doNotFit(operands, step);
  const sides = operands.map((operand) => perImage(operand, rank, step));
  const shape = Array.from({ length: rank }, (_, axis) => Math.max(...sides.map((side) => side[axis] ?? 1)));
  const [first] = sides;
  // ONNX does not broadcast the input to its slopes.
  const isBroadcast = opType !== 'PRelu' || first?.join() === shape.join();
  if (!isBroadcast || sides.some((side) => side.some((size, axis) => size !== 1 && size !== shape[axis]))) {
    throw doNotFit(operands, step);
  }
  const inputs = operands.map((operand) => (isWeight(operand) ? broadcastWeight(writer, operand, rank) : operand.name));
  return writer.node({ opType, name: step.name, inputs, shape });
}

/** The shape of an operand without the batch. A constant can have a batch of 1. */
function perImage(operand: Operand, rank: number, step: Step): readonly number[] {
  const { shape } = operand;
  if (!isWeight(operand)) return shape;
  if (shape.length > rank + 1 || (shape.length === rank + 1 && shape[0] !== 1)) {
    throw unsupported(step, `has a constant of the shape [${shape.join(', ')}] for one image at a time`);
  }
  const aligned = shape.length > rank ? shape.slice(1) : shape;
  return [...new Array<number>(rank - aligned.length).fill(1), ...aligned];
}

/** A constant with its axes in the order of the ONNX graph, without a batch axis. */
function broadcastWeight(writer: NetworkWriter, weight: Weight, rank: number): string {
  const data = floats(weight);
  const shape = weight.shape.length > rank ? weight.shape.slice(1) : weight.shape;
  if (rank !== 3 || shape.length === 0) return writer.weight(weight.name, shape, data);
  const maps = [...new Array<number>(rank - shape.length).fill(1), ...shape];
  const order = [2, 0, 1];
  return writer.weight(weight.name, permuted(maps, order), transpose(data, maps, order));
}

function doNotFit(operands: readonly Operand[], step: Step): Error {
  const shapes = operands.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ');
  return unsupported(step, `combines the shapes ${shapes}, which do not fit`);
}

/** True if a value has feature maps. */
export function hasMaps(feature: Feature): boolean {
  return planeOf(feature) !== undefined;
}
