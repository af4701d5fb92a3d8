import type { attributeType } from '../../model/graph/attribute.ts';

type Range = readonly [min: number, max: number];

export interface OperatorSchema {
  readonly inputs: Range;
  readonly outputs: Range;
  readonly attributes: Readonly<Record<string, keyof typeof attributeType>>;
  readonly required?: readonly string[];
}

const any = Number.POSITIVE_INFINITY;
const one: Range = [1, 1];
const two: Range = [2, 2];
const unary: OperatorSchema = { inputs: one, outputs: one, attributes: {} };
const binary: OperatorSchema = { inputs: two, outputs: one, attributes: {} };
const window = { auto_pad: 'string', kernel_shape: 'ints', pads: 'ints', strides: 'ints' } as const;
const coded = { axis: 'int', block_size: 'int', output_dtype: 'int', saturate: 'int' } as const;

/** The operators that this project writes, as defined in operator sets 13 to 21 of the default domain. */
export const operatorSchemas: Readonly<Record<string, OperatorSchema>> = {
  Add: binary,
  AveragePool: {
    inputs: one,
    outputs: one,
    attributes: { ...window, ceil_mode: 'int', count_include_pad: 'int', dilations: 'ints' },
    required: ['kernel_shape'],
  },
  BatchNormalization: {
    inputs: [5, 5],
    outputs: [1, 5],
    attributes: { epsilon: 'float', momentum: 'float', training_mode: 'int' },
  },
  Cast: { inputs: one, outputs: one, attributes: { to: 'int', saturate: 'int' }, required: ['to'] },
  Clip: { inputs: [1, 3], outputs: one, attributes: {} },
  Concat: { inputs: [1, any], outputs: one, attributes: { axis: 'int' }, required: ['axis'] },
  Constant: {
    inputs: [0, 0],
    outputs: one,
    attributes: { value: 'tensor', value_float: 'float', value_int: 'int', value_floats: 'floats', value_ints: 'ints' },
  },
  Conv: { inputs: [2, 3], outputs: one, attributes: { ...window, dilations: 'ints', group: 'int' } },
  DequantizeLinear: { inputs: [2, 3], outputs: one, attributes: coded },
  Div: binary,
  Dropout: { inputs: [1, 3], outputs: [1, 2], attributes: { seed: 'int' } },
  Flatten: { inputs: one, outputs: one, attributes: { axis: 'int' } },
  Gemm: { inputs: [2, 3], outputs: one, attributes: { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' } },
  GlobalAveragePool: unary,
  Identity: unary,
  LRN: {
    inputs: one,
    outputs: one,
    attributes: { alpha: 'float', beta: 'float', bias: 'float', size: 'int' },
    required: ['size'],
  },
  MatMul: binary,
  MaxPool: {
    inputs: one,
    outputs: [1, 2],
    attributes: { ...window, ceil_mode: 'int', dilations: 'ints', storage_order: 'int' },
    required: ['kernel_shape'],
  },
  Mul: binary,
  Pad: { inputs: [2, 4], outputs: one, attributes: { mode: 'string' } },
  Pow: binary,
  QuantizeLinear: { inputs: [2, 3], outputs: one, attributes: coded },
  Relu: unary,
  Reshape: { inputs: two, outputs: one, attributes: { allowzero: 'int' } },
  Softmax: { inputs: one, outputs: one, attributes: { axis: 'int' } },
  Split: { inputs: [1, 2], outputs: [1, any], attributes: { axis: 'int', num_outputs: 'int' } },
  Sqrt: unary,
  Sub: binary,
  Tanh: unary,
  Transpose: { inputs: one, outputs: one, attributes: { perm: 'ints' } },
};
