import { z } from 'zod';
import { type Arithmetic, combine } from '../network/arithmetic.ts';
import { concatenate } from '../network/concatenate.ts';
import type { Feature, Weight } from '../network/feature.ts';
import { unsupported } from '../network/unsupported.ts';
import { type LayerContext, type LayerConverter, parseConfig } from './layer.ts';

/** Combines the first two inputs, then the result with the third, ... */
function fold({ writer, step, inputs }: LayerContext, opType: Arithmetic): Feature {
  const [first, ...others] = inputs;
  if (first === undefined || others.length === 0) throw unsupported(step, 'has fewer than two inputs');
  return others.reduce((sum, input) => combine(writer, opType, [sum, input], step), first);
}

const average: LayerConverter = (context) => {
  const { writer, step, inputs } = context;
  const sum = fold({ ...context, step: { ...step, name: `${step.name}/sum` } }, 'Add');
  const factor: Weight = { name: `${step.name}/factor`, shape: [], data: Float32Array.of(1 / inputs.length) };
  return combine(writer, 'Mul', [sum, factor], step);
};

const concatenation: LayerConverter = (context) => {
  const { writer, inputs, step } = context;
  const { axis } = parseConfig(z.looseObject({ axis: z.int().default(-1) }), context);
  if (axis < -1) {
    throw unsupported(
      step,
      `has the axis ${axis}, but TensorFlow.js joins along the last one for every negative axis: count it from the start`,
    );
  }
  return concatenate(writer, inputs, step, axis);
};

export const mergeLayers: Readonly<Record<string, LayerConverter>> = {
  Add: (context) => fold(context, 'Add'),
  Multiply: (context) => fold(context, 'Mul'),
  Maximum: (context) => fold(context, 'Max'),
  Minimum: (context) => fold(context, 'Min'),
  Average: average,
  Concatenate: concatenation,
};
