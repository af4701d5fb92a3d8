import { type CaseWeight, caseWeight, type Json, type ModelCase } from './model-case.ts';

interface CaseOperation {
  readonly op: string;
  readonly name?: string;
  readonly input: readonly string[];
  readonly attr?: Readonly<Record<string, Json>>;
}

const image = [7, 6, 3];

/** A graph: a placeholder `image`, the constants, and the operations, the last of which is the output. */
function graphCase(
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

function integers(name: string, values: readonly number[], shape: readonly number[] = [values.length]): CaseWeight {
  return { name, shape, data: Int32Array.from(values) };
}

const normalization = ['scale', 'offset', 'mean', 'variance'].map((name) => caseWeight(name, [3]));

function text(value: string): Json {
  return { s: Buffer.from(value).toString('base64') };
}

function list(values: readonly number[]): Json {
  return { list: { i: values.map(String) } };
}

function window(padding: string, strides: readonly number[], more: Readonly<Record<string, Json>> = {}) {
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

function fused(...names: readonly string[]) {
  const s = names.map((name) => Buffer.from(name).toString('base64'));
  return {
    fused_ops: { list: { s } },
    num_args: { i: String(names.length > 0 && names[0] === 'BiasAdd' ? 1 : 0) },
    epsilon: { f: 0 },
  };
}

const kernel = caseWeight('kernel', [3, 3, 3, 4]);
const bias = caseWeight('bias', [4]);
const depthwise = caseWeight('depthwise', [3, 3, 3, 2]);

const convolutions: Readonly<Record<string, ModelCase>> = {
  Conv2D: graphCase([{ op: 'Conv2D', input: ['image', 'kernel'], attr: window('SAME', [2, 2]) }], [kernel]),
  'Conv2D, dilated': graphCase(
    [{ op: 'Conv2D', input: ['image', 'kernel'], attr: window('VALID', [1, 1], { dilations: list([1, 2, 2, 1]) }) }],
    [kernel],
  ),
  'Conv2D, explicit padding': graphCase(
    [
      {
        op: 'Conv2D',
        input: ['image', 'kernel'],
        attr: window('EXPLICIT', [2, 2], { explicit_paddings: list([0, 0, 0, 1, 2, 1, 0, 0]) }),
      },
    ],
    [kernel],
  ),
  'Conv2D and BiasAdd': graphCase(
    [
      { op: 'Conv2D', name: 'c', input: ['image', 'kernel'], attr: window('VALID', [2, 2]) },
      { op: 'BiasAdd', input: ['c', 'bias'], attr: { data_format: text('NHWC') } },
    ],
    [kernel, bias],
  ),
  ...Object.fromEntries(
    [['BiasAdd'], ['BiasAdd', 'Relu'], ['BiasAdd', 'Relu6']].map((names) => [
      `_FusedConv2D ${names.join(' ')}`.trim(),
      graphCase(
        [
          {
            op: '_FusedConv2D',
            input: ['image', 'kernel', ...(names[0] === 'BiasAdd' ? ['bias'] : [])],
            attr: window('SAME', [2, 2], fused(...names)),
          },
        ],
        [kernel, bias],
      ),
    ]),
  ),
  '_FusedConv2D LeakyRelu': graphCase(
    [
      {
        op: '_FusedConv2D',
        input: ['image', 'kernel', 'bias'],
        attr: window('SAME', [1, 1], { ...fused('BiasAdd', 'LeakyRelu'), leakyrelu_alpha: { f: 0.3 } }),
      },
    ],
    [kernel, bias],
  ),
  '_FusedConv2D Prelu': graphCase(
    [
      {
        op: '_FusedConv2D',
        input: ['image', 'kernel', 'bias', 'alpha'],
        attr: window('SAME', [1, 1], { ...fused('BiasAdd', 'Prelu'), num_args: { i: '2' } }),
      },
    ],
    [kernel, bias, caseWeight('alpha', [1, 1, 4])],
  ),
  DepthwiseConv2dNative: graphCase(
    [{ op: 'DepthwiseConv2dNative', input: ['image', 'depthwise'], attr: window('SAME', [2, 2]) }],
    [depthwise],
  ),
  FusedDepthwiseConv2dNative: graphCase(
    [
      {
        op: 'FusedDepthwiseConv2dNative',
        input: ['image', 'depthwise', 'bias'],
        attr: window('SAME', [1, 1], fused('BiasAdd', 'Relu6')),
      },
    ],
    [depthwise, caseWeight('bias', [6])],
  ),
};

const pool: CaseOperation = { op: 'Mean', name: 'pool', input: ['image', 'axes'], attr: { keep_dims: { b: false } } };
const axes = integers('axes', [1, 2]);

const reductions: Readonly<Record<string, ModelCase>> = {
  MaxPool: graphCase([
    { op: 'MaxPool', input: ['image'], attr: window('SAME', [2, 2], { ksize: list([1, 3, 3, 1]) }) },
  ]),
  AvgPool: graphCase([
    { op: 'AvgPool', input: ['image'], attr: window('SAME', [2, 1], { ksize: list([1, 3, 2, 1]) }) },
  ]),
  Mean: graphCase([{ op: 'Mean', input: ['image', 'axes'], attr: { keep_dims: { b: false } } }], [axes]),
  'Mean with its axes': graphCase(
    [{ op: 'Mean', input: ['image', 'axes'], attr: { keep_dims: { b: true } } }],
    [integers('axes', [-2, -3])],
  ),
  Max: graphCase([{ op: 'Max', input: ['image', 'axes'], attr: { keep_dims: { b: false } } }], [axes]),
  MatMul: graphCase(
    [
      pool,
      { op: 'MatMul', input: ['pool', 'weights'], attr: { transpose_a: { b: false }, transpose_b: { b: false } } },
    ],
    [axes, caseWeight('weights', [3, 5])],
  ),
  'MatMul with transposed weights': graphCase(
    [pool, { op: 'MatMul', input: ['pool', 'weights'], attr: { transpose_a: { b: false }, transpose_b: { b: true } } }],
    [axes, caseWeight('weights', [5, 3])],
  ),
  _FusedMatMul: graphCase(
    [
      pool,
      {
        op: '_FusedMatMul',
        input: ['pool', 'weights', 'bias'],
        attr: { ...fused('BiasAdd', 'Relu'), transpose_a: { b: false }, transpose_b: { b: false } },
      },
    ],
    [axes, caseWeight('weights', [3, 4]), bias],
  ),
};

const unary = ['Relu', 'Relu6', 'Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softplus', 'Softmax', 'LogSoftmax', 'Square', 'Abs'];
const more = ['Ceil', 'Floor', 'Exp', 'Erf', 'Neg', 'Reciprocal', 'Identity'];
const positive = ['Rsqrt', 'Sqrt', 'Log'];
const binary = ['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'Maximum', 'Minimum'];

const arithmetic: Readonly<Record<string, ModelCase>> = {
  ...Object.fromEntries([...unary, ...more].map((op) => [op, graphCase([{ op, input: ['image'] }])])),
  ...Object.fromEntries(
    positive.map((op) => [
      op,
      graphCase([
        { op: 'Exp', name: 'exp', input: ['image'] },
        { op, input: ['exp'] },
      ]),
    ]),
  ),
  ...Object.fromEntries(
    binary.map((op) => [
      `${op} with a constant per channel`,
      graphCase([{ op, input: ['image', 'constant'] }], [caseWeight('constant', [3])]),
    ]),
  ),
  'Sub from one number': graphCase([{ op: 'Sub', input: ['one', 'image'] }], [caseWeight('one', [])]),
  'Mul with a constant per pixel': graphCase(
    [{ op: 'Mul', input: ['image', 'constant'] }],
    [caseWeight('constant', [1, 7, 6, 3])],
  ),
  'Mul with a row': graphCase([{ op: 'Mul', input: ['image', 'constant'] }], [caseWeight('constant', [6, 1])]),
  'Add of two values': graphCase([
    { op: 'Relu', name: 'r', input: ['image'] },
    { op: 'AddV2', input: ['r', 'image'] },
  ]),
  AddN: graphCase([
    { op: 'Relu', name: 'r', input: ['image'] },
    { op: 'AddN', input: ['r', 'image', 'r'] },
  ]),
  LeakyRelu: graphCase([{ op: 'LeakyRelu', input: ['image'], attr: { alpha: { f: 0.25 } } }]),
  Prelu: graphCase([{ op: 'Prelu', input: ['image', 'alpha'] }], [caseWeight('alpha', [1, 1, 3])]),
  ClipByValue: graphCase(
    [{ op: 'ClipByValue', input: ['image', 'min', 'max'] }],
    [
      { name: 'min', shape: [], data: Float32Array.of(-0.5) },
      { name: 'max', shape: [], data: Float32Array.of(0.25) },
    ],
  ),
  FusedBatchNormV3: graphCase(
    [
      {
        op: 'FusedBatchNormV3',
        input: ['image', 'scale', 'offset', 'mean', 'variance'],
        attr: { epsilon: { f: 0.001 }, is_training: { b: false }, data_format: text('NHWC') },
      },
    ],
    normalization,
  ),
  // TensorFlow's own default is 1e-4.
  'FusedBatchNormV3 with the epsilon of TensorFlow.js': graphCase(
    [
      {
        op: 'FusedBatchNormV3',
        input: ['image', 'scale', 'offset', 'mean', 'variance'],
        attr: { is_training: { b: false } },
      },
    ],
    normalization,
  ),
};

const shapes: Readonly<Record<string, ModelCase>> = {
  Pad: graphCase([{ op: 'Pad', input: ['image', 'pads'] }], [integers('pads', [0, 0, 1, 2, 0, 3, 0, 0], [4, 2])]),
  PadV2: graphCase(
    [{ op: 'PadV2', input: ['image', 'pads', 'value'] }],
    [integers('pads', [0, 0, 1, 2, 0, 3, 0, 0], [4, 2]), caseWeight('value', [])],
  ),
  'ConcatV2 of channels': graphCase(
    [
      { op: 'Relu', name: 'r', input: ['image'] },
      { op: 'ConcatV2', input: ['image', 'r', 'axis'], attr: { N: { i: '2' } } },
    ],
    [integers('axis', [-1], [])],
  ),
  Reshape: graphCase([{ op: 'Reshape', input: ['image', 'shape'] }], [integers('shape', [-1, 126])]),
  'Reshape to maps': graphCase([{ op: 'Reshape', input: ['image', 'shape'] }], [integers('shape', [-1, 6, 7, 3])]),
  'Reshape by a computed shape': graphCase(
    [
      { op: 'Shape', name: 'shape', input: ['image'], attr: { out_type: { type: 'DT_INT32' } } },
      {
        op: 'StridedSlice',
        name: 'batch',
        input: ['shape', 'begin', 'end', 'stride'],
        attr: {
          shrink_axis_mask: { i: '1' },
          begin_mask: { i: '0' },
          end_mask: { i: '0' },
          ellipsis_mask: { i: '0' },
          new_axis_mask: { i: '0' },
        },
      },
      { op: 'Pack', name: 'target', input: ['batch', 'size'], attr: { axis: { i: '0' }, N: { i: '2' } } },
      { op: 'Reshape', input: ['image', 'target'] },
    ],
    [integers('begin', [0]), integers('end', [1]), integers('stride', [1]), integers('size', [126], [])],
  ),
  Cast: graphCase([{ op: 'Cast', input: ['image'], attr: { SrcT: { type: 'DT_INT32' }, DstT: { type: 'DT_FLOAT' } } }]),
  Squeeze: graphCase(
    [
      { ...pool, attr: { keep_dims: { b: true } } },
      { op: 'Squeeze', input: ['pool'], attr: { squeeze_dims: list([1, 2]) } },
    ],
    [axes],
  ),
  ExpandDims: graphCase([pool, { op: 'ExpandDims', input: ['pool', 'axis'] }], [axes, integers('axis', [1], [])]),
};

/** Every kind of operation that is converted, with the settings that change the result. */
export const operationCases: Readonly<Record<string, ModelCase>> = {
  ...convolutions,
  ...reductions,
  ...arithmetic,
  ...shapes,
};
