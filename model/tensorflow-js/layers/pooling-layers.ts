import { z } from 'zod';
import { globalPool, pool } from '../network/pooling.ts';
import { dataFormatSchema, type LayerConverter, onlyInput, paddingSchema, pairSchema, parseConfig } from './layer.ts';

const windowSchema = z.looseObject({
  pool_size: pairSchema.default([2, 2]),
  /** By default the size of the window. */
  strides: pairSchema.nullish(),
  padding: paddingSchema,
  data_format: dataFormatSchema,
});
/** TensorFlow.js ignores `keepdims`, so a model that sets it is refused. */
const globalSchema = z.looseObject({ data_format: dataFormatSchema, keepdims: z.literal(false).nullish() });

function pooling(kind: 'MaxPool' | 'AveragePool'): LayerConverter {
  return (context) => {
    const { pool_size: kernel, strides, padding } = parseConfig(windowSchema, context);
    const window = { kernel, strides: strides ?? kernel, padding, dilations: [1, 1] as const };
    return pool(context.writer, onlyInput(context), context.step, { kind, window });
  };
}

function globalPooling(kind: 'GlobalMaxPool' | 'GlobalAveragePool'): LayerConverter {
  return (context) => {
    parseConfig(globalSchema, context);
    return globalPool(context.writer, onlyInput(context), context.step, { kind, keepDims: false });
  };
}

export const poolingLayers: Readonly<Record<string, LayerConverter>> = {
  MaxPooling2D: pooling('MaxPool'),
  AveragePooling2D: pooling('AveragePool'),
  GlobalMaxPooling2D: globalPooling('GlobalMaxPool'),
  GlobalAveragePooling2D: globalPooling('GlobalAveragePool'),
};
