import { describe, expect, it } from 'vitest';
import { convertAndRun } from '../../support/tensorflow-js/convert-and-run.ts';
import { type CaseWeight, caseWeight, type Json, type ModelCase } from '../../support/tensorflow-js/model-case.ts';
import { problemOf } from '../../support/tensorflow-js/problem-of.ts';

function operation(
  op: string,
  attr: Json = {},
  input: readonly string[] = ['image'],
  weights: readonly CaseWeight[] = [],
): ModelCase {
  const output = { name: 'output', op: 'Relu', input: ['the_operation'] };
  const constants = weights.map(({ name }) => ({ name, op: 'Const' }));
  const dim = [-1, 7, 6, 3].map((size) => ({ size: String(size) }));
  const image = { name: 'image', op: 'Placeholder', attr: { shape: { shape: { dim } } } };
  return {
    format: 'graph-model',
    topology: { node: [image, ...constants, { name: 'the_operation', op, input, attr }, output] },
    weights,
    inputShape: [7, 6, 3],
  };
}

function text(value: string) {
  return { s: Buffer.from(value).toString('base64') };
}

function list(values: readonly number[]): Json {
  return { list: { i: values.map(String) } };
}

/** An image of integers. */
function ofIntegers(model: ModelCase, type: string): ModelCase {
  const placeholder = '"op":"Placeholder","attr":{';
  const topology = JSON.stringify(model.topology).replace(placeholder, `${placeholder}"dtype":{"type":"${type}"},`);
  return { ...model, topology: JSON.parse(topology) };
}

describe('a model in the form of a graph is refused with the operation and the reason if', () => {
  const nchw = { data_format: text('NCHW') };
  it.each<[string, ModelCase, string]>([
    [
      'an operation is not known',
      operation('NonMaxSuppressionV5'),
      'operation the_operation (NonMaxSuppressionV5) is not supported',
    ],
    ['channels are first', operation('MaxPool', nchw), 'operation the_operation (MaxPool) has the data format NCHW'],
    [
      'an attribute has another type',
      operation('LeakyRelu', { alpha: { s: 'abc' } }),
      'has an attribute alpha of another type',
    ],
    ['an input is missing', operation('AddV2'), 'operation the_operation (AddV2) has no input 1'],
    ['an input does not exist', operation('Relu', {}, ['nothing']), 'reads nothing, which the graph does not have'],
    ['a second output is read', operation('Relu', {}, ['image:1']), 'reads output 1 of image'],
    [
      'an operation reads itself',
      operation('Relu', {}, ['the_operation']),
      'the operation the_operation depends on its own output',
    ],
    [
      'a constant has no weight',
      operation('Const', {}, []),
      'operation the_operation (Const) has no weight in weightsManifest',
    ],
    [
      'every operation is read by another one',
      { ...operation('Relu'), topology: { node: [{ name: 'a', op: 'Relu', input: ['a'] }] } },
      'the graph has no output',
    ],
    [
      'strides skip channels',
      operation('MaxPool', { strides: list([1, 1, 1, 2]) }),
      'has strides along the batch or the channels',
    ],
    ['the padding is another one', operation('MaxPool', { padding: text('MIRROR') }), 'has the padding mirror'],
    [
      'a normalization is in training mode',
      operation('FusedBatchNormV3', { is_training: { b: true } }),
      'is in training mode',
    ],
    ['a product transposes the image', operation('MatMul', { transpose_a: { b: true } }), 'transposes the image'],
    [
      'a convolution is fused with a normalization',
      operation(
        '_FusedConv2D',
        { fused_ops: { list: { s: ['FusedBatchNorm'].map((name) => text(name).s) } } },
        ['image', 'kernel'],
        [caseWeight('kernel', [1, 1, 3, 4])],
      ),
      'is fused with FusedBatchNorm',
    ],
    [
      'a bias has another length',
      operation(
        '_FusedConv2D',
        { fused_ops: { list: { s: ['BiasAdd'].map((name) => text(name).s) } } },
        ['image', 'kernel', 'bias'],
        [caseWeight('kernel', [1, 1, 3, 4]), caseWeight('bias', [1])],
      ),
      'has 1 values of bias for 4 channels',
    ],
    [
      'a mean is over the channels',
      operation('Mean', {}, ['image', 'axes'], [{ name: 'axes', shape: [1], data: Int32Array.of(3) }]),
      'reduces the axes 3 of 4: only height and width are supported',
    ],
    [
      'an axis is removed that is larger than 1',
      operation('Squeeze', { squeeze_dims: list([1]) }),
      'removes the axes 1 of [-1, 7, 6, 3]',
    ],
    [
      'an axis is added before the batch',
      operation('ExpandDims', {}, ['image', 'axis'], [{ name: 'axis', shape: [], data: Int32Array.of(0) }]),
      'adds an axis before the batch',
    ],
    [
      'a shape mixes the images of a batch',
      operation('Reshape', {}, ['image', 'shape'], [{ name: 'shape', shape: [2], data: Int32Array.of(63, -1) }]),
      'gives the shape [63, -1], which mixes the images of a batch',
    ],
    [
      'a constant is cut',
      operation(
        'StridedSlice',
        {},
        ['shape', 'shape', 'shape', 'shape'],
        [{ name: 'shape', shape: [1], data: Int32Array.of(1) }],
      ),
      'is supported only for a part of a shape',
    ],
    [
      'each channel has its own limit',
      operation(
        'ClipByValue',
        {},
        ['image', 'min', 'max'],
        [
          { name: 'min', shape: [3], data: Float32Array.of(0, -1, -2) },
          { name: 'max', shape: [], data: Float32Array.of(1) },
        ],
      ),
      'operation the_operation (ClipByValue) has several limits',
    ],
    [
      'a size of the image is 0',
      { ...operation('Relu'), topology: JSON.parse(JSON.stringify(operation('Relu').topology).replace('"7"', '"0"')) },
      'operation image (Placeholder) has a size of 0 ([0, 6, 3])',
    ],
    [
      'the batch is padded',
      operation(
        'Pad',
        {},
        ['image', 'pads'],
        [{ name: 'pads', shape: [4, 2], data: Int32Array.of(1, -1, 0, 0, 0, 0, 0, 0) }],
      ),
      'operation the_operation (Pad) pads the batch or the channels',
    ],
    [
      'an image is rounded',
      operation('Cast', { DstT: { type: 'DT_INT32' } }),
      'operation the_operation (Cast) rounds an image to DT_INT32',
    ],
    ...['DT_INT32', 'DT_UINT8', '9'].map((type): [string, ModelCase, string] => [
      `integers of ${type} are divided`,
      ofIntegers(
        operation('RealDiv', {}, ['image', 'divisor'], [{ name: 'divisor', shape: [], data: Int32Array.of(100) }]),
        type,
      ),
      'operation the_operation (RealDiv) computes with integers, which TensorFlow.js rounds',
    ]),
    [
      'integers are divided in another shape',
      ofIntegers(operation('Squeeze'), 'DT_INT32'),
      'operation output (Relu) computes with integers',
    ],
    [
      'an image has flags',
      ofIntegers(operation('Relu'), 'DT_BOOL'),
      'operation image (Placeholder) has the type DT_BOOL',
    ],
    [
      'an image is cast to texts',
      operation('Cast', { DstT: { type: 'DT_STRING' } }),
      'operation the_operation (Cast) casts to DT_STRING',
    ],
    ['the graph has no nodes', { ...operation('Relu'), topology: { node: [] } }, 'the graph is invalid: node is []'],
  ])('%s', async (_, model, message) => {
    expect(await problemOf(model)).toContain(message);
  });
});

it('an image of integers can be cast to float, also in another shape', async () => {
  const cast = operation('Cast', { DstT: { type: 'DT_FLOAT' } });
  expect(await convertAndRun(ofIntegers(cast, 'DT_UINT8'))).toEqual(await convertAndRun(cast));
});
