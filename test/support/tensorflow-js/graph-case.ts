import type { CaseWeight, Json, ModelCase } from './model-case.ts';

export interface CaseOperation {
  readonly op: string;
  readonly name?: string;
  readonly input: readonly string[];
  readonly attr?: Readonly<Record<string, Json>>;
}

const image = [7, 6, 3];

/** A graph: a placeholder `image`, the constants, and the operations, the last of which is the output. */
export function graphCase(
  operations: readonly CaseOperation[],
  constants: readonly CaseWeight[] = [],
  shape = image,
): ModelCase {
  const placeholder = {
    name: 'image',
    op: 'Placeholder',
    attr: {
      dtype: { type: 'DT_FLOAT' },
      shape: { shape: { dim: [-1, ...shape].map((size) => ({ size: String(size) })) } },
    },
  };
  const nodes = operations.map(({ op, name, input, attr = {} }, index) => ({
    name: name ?? (index === operations.length - 1 ? 'output' : `node_${index}`),
    op,
    input,
    attr,
  }));
  const values = constants.map(({ name, data, shape: sizes }) => {
    const dtype = data instanceof Int32Array ? 'DT_INT32' : 'DT_FLOAT';
    const tensor = { dtype, tensorShape: { dim: sizes.map((size) => ({ size: String(size) })) } };
    return { name, op: 'Const', attr: { dtype: { type: dtype }, value: { tensor } } };
  });
  return {
    format: 'graph-model',
    topology: { node: [placeholder, ...values, ...nodes], versions: {} },
    weights: constants,
    inputShape: shape,
  };
}

export function integers(
  name: string,
  values: readonly number[],
  shape: readonly number[] = [values.length],
): CaseWeight {
  return { name, shape, data: Int32Array.from(values) };
}

export function text(value: string): Json {
  return { s: Buffer.from(value).toString('base64') };
}

export function list(values: readonly number[]): Json {
  return { list: { i: values.map(String) } };
}

export function window(padding: string, strides: readonly number[], more: Readonly<Record<string, Json>> = {}) {
  const dilations = list([1, 1, 1, 1]);
  return {
    T: { type: 'DT_FLOAT' },
    data_format: text('NHWC'),
    padding: text(padding),
    strides: list([1, ...strides, 1]),
    dilations,
    ...more,
  };
}

export function fused(...names: readonly string[]) {
  const s = names.map((name) => Buffer.from(name).toString('base64'));
  return {
    fused_ops: { list: { s } },
    num_args: { i: String(names.length > 0 && names[0] === 'BiasAdd' ? 1 : 0) },
    epsilon: { f: 0 },
  };
}

/** The mean of each channel, for operations that read no map. */
export const pool: CaseOperation = {
  op: 'Mean',
  name: 'pool',
  input: ['image', 'axes'],
  attr: { keep_dims: { b: false } },
};
export const axes = integers('axes', [1, 2]);
