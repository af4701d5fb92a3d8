import { z } from 'zod';
import { combine } from '../network/arithmetic.ts';
import type { Weight } from '../network/feature.ts';
import { crop, pad } from '../network/pad.ts';
import { reshape } from '../network/reshape.ts';
import type { Margins } from '../network/window.ts';
import { dataFormatSchema, type LayerConverter, onlyInput, parseConfig } from './layer.ts';

const size = z.int().nonnegative();
const sides = z.tuple([size, size]);
const marginsSchema = z
  .union([
    z.tuple([sides, sides]),
    sides.transform(
      ([vertical, horizontal]) => [[vertical, vertical] as const, [horizontal, horizontal] as const] as const,
    ),
    size.transform((every) => [[every, every] as const, [every, every] as const] as const),
  ])
  .transform(([[top, bottom], [left, right]]): Margins => [top, left, bottom, right]);

const zeroPadding: LayerConverter = (context) => {
  const schema = z.looseObject({ padding: marginsSchema.default([1, 1, 1, 1]), data_format: dataFormatSchema });
  const { padding: margins } = parseConfig(schema, context);
  return pad(context.writer, onlyInput(context), context.step, { margins });
};

const cropping: LayerConverter = (context) => {
  const schema = z.looseObject({ cropping: marginsSchema.default([0, 0, 0, 0]), data_format: dataFormatSchema });
  return crop(context.writer, onlyInput(context), context.step, parseConfig(schema, context).cropping);
};

const flatten: LayerConverter = (context) => {
  parseConfig(z.looseObject({ data_format: dataFormatSchema }), context);
  return reshape(context.writer, onlyInput(context), context.step, [-1]);
};

const reshaping: LayerConverter = (context) => {
  const schema = z.looseObject({
    target_shape: z
      .array(
        z
          .int()
          .nullable()
          .transform((each) => each ?? -1),
      )
      .min(1),
  });
  return reshape(context.writer, onlyInput(context), context.step, parseConfig(schema, context).target_shape);
};

const perChannel = z.union([z.number(), z.array(z.number()).min(1)]);

/** value × scale + offset, each a number or one per channel. */
const rescaling: LayerConverter = (context) => {
  const { writer, step } = context;
  const { scale, offset } = parseConfig(z.looseObject({ scale: perChannel, offset: perChannel.default(0) }), context);
  const scaled = combine(writer, 'Mul', [onlyInput(context), constant(`${step.name}/scale`, scale)], {
    ...step,
    name: `${step.name}/scaled`,
  });
  return combine(writer, 'Add', [scaled, constant(`${step.name}/offset`, offset)], step);
};

function constant(name: string, values: number | readonly number[]): Weight {
  if (typeof values === 'number') return { name, shape: [], data: Float32Array.of(values) };
  return { name, shape: [values.length], data: Float32Array.from(values) };
}

/** Layers that only change values in training. */
const inference: LayerConverter = onlyInput;

export const shapeLayers: Readonly<Record<string, LayerConverter>> = {
  ZeroPadding2D: zeroPadding,
  Cropping2D: cropping,
  Flatten: flatten,
  Reshape: reshaping,
  Rescaling: rescaling,
  Dropout: inference,
  SpatialDropout2D: inference,
  SpatialDropout1D: inference,
  AlphaDropout: inference,
  GaussianDropout: inference,
  GaussianNoise: inference,
  ActivityRegularization: inference,
};
