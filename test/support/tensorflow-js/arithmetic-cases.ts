import { graphCase, text } from './graph-case.ts';
import { caseWeight, type ModelCase } from './model-case.ts';

const normalization = ['scale', 'offset', 'mean', 'variance'].map((name) => caseWeight(name, [3]));

const unary = ['Relu', 'Relu6', 'Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softplus', 'Softmax', 'LogSoftmax', 'Square', 'Abs'];
const more = ['Ceil', 'Floor', 'Exp', 'Erf', 'Neg', 'Reciprocal', 'Identity'];
const positive = ['Rsqrt', 'Sqrt', 'Log'];
const binary = ['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'Maximum', 'Minimum'];

export const arithmeticCases: Readonly<Record<string, ModelCase>> = {
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
