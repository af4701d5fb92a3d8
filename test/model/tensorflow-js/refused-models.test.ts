import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tensorType } from '../../../model/graph/value.ts';
import { readTensorflowJs } from '../../../model/tensorflow-js/read-tensorflow-js.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type CaseLayer, layersCase } from '../../support/tensorflow-js/layer-builder.ts';
import type { CaseWeight, Json, ModelCase } from '../../support/tensorflow-js/model-case.ts';
import { writeModel } from '../../support/tensorflow-js/write-model.ts';

async function problemOf(model: ModelCase, options = {}): Promise<string> {
  const file = await writeModel(temporaryFolder(), model);
  const error = await readTensorflowJs(file, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  const message = error instanceof Error ? error.message : '';
  expect(message).toContain(file);
  return message;
}

function layer(kind: string, config: CaseLayer['config'] = {}, more: Partial<CaseLayer> = {}): ModelCase {
  return layersCase([{ kind, name: 'the_layer', config, ...more }]);
}

const kernel = { weights: { kernel: [3, 3, 3, 4] } };
const convolution = { filters: 4, kernel_size: [3, 3], use_bias: false };

/** Normalization of the last axis of the image in another shape. */
function normalized(shape: readonly number[]): ModelCase {
  const channels = shape.slice(-1);
  const weights = { gamma: channels, beta: channels, moving_mean: channels, moving_variance: channels };
  return layersCase([
    { kind: 'Reshape', name: 'reshape', config: { target_shape: shape } },
    { kind: 'BatchNormalization', name: 'the_layer', weights },
  ]);
}

describe('a model in the form of layers is refused with the layer and the reason if', () => {
  it.each<[string, ModelCase, string]>([
    ['a layer is not known', layer('LSTM'), 'layer the_layer (LSTM) is not supported'],
    [
      'a layer has the name of a property of every object',
      layer('constructor'),
      'layer the_layer (constructor) is not supported',
    ],
    [
      'an activation is not known',
      layer('Activation', { activation: 'snake' }),
      'has the activation snake, which is not supported',
    ],
    [
      'channels are first',
      layer('Conv2D', { ...convolution, data_format: 'channels_first' }, kernel),
      'data_format is "channels_first"',
    ],
    [
      'the padding is another one',
      layer('Conv2D', { ...convolution, padding: 'causal' }, kernel),
      'padding is "causal"',
    ],
    ['a field is missing', layer('Activation'), 'layer the_layer (Activation) is not supported: activation is missing'],
    ['a weight is missing', layer('Conv2D', convolution), 'has no weight the_layer/kernel in weightsManifest'],
    [
      'a kernel is for another number of channels',
      layer('Conv2D', convolution, { weights: { kernel: [3, 3, 4, 4] } }),
      'has a kernel of the shape [3, 3, 4, 4] for an input with 3 channels',
    ],
    [
      'a kernel has another size than the settings',
      layer('Conv2D', { ...convolution, filters: 9, kernel_size: 5 }, kernel),
      'has the_layer/kernel of the shape [3, 3, 3, 4], but its settings give [5, 5, ?, 9]',
    ],
    [
      'a depthwise kernel has another multiplier than the settings',
      layer(
        'DepthwiseConv2D',
        { depth_multiplier: 2, use_bias: false },
        { weights: { depthwise_kernel: [3, 3, 3, 1] } },
      ),
      'has the_layer/depthwise_kernel of the shape [3, 3, 3, 1], but its settings give [?, ?, ?, 2]',
    ],
    [
      'a pointwise kernel is larger than 1×1',
      layer(
        'SeparableConv2D',
        { filters: 4, use_bias: false },
        { weights: { depthwise_kernel: [3, 3, 3, 1], pointwise_kernel: [2, 2, 3, 4] } },
      ),
      'has the_layer/pointwise_kernel of the shape [2, 2, 3, 4], but its settings give [1, 1, ?, 4]',
    ],
    [
      'a fully connected layer has more units in its settings',
      layer('Dense', { units: 5, use_bias: false }, { weights: { kernel: [3, 4] } }),
      'has the_layer/kernel of the shape [3, 4], but its settings give [?, 5]',
    ],
    [
      'a kernel has no filters',
      layer('Conv2D', { use_bias: false }, { weights: { kernel: [3, 3, 3, 0] } }),
      'has a kernel of the shape [3, 3, 3, 0]',
    ],
    [
      'a convolution has a bias of another length',
      layer('Conv2D', {}, { weights: { kernel: [3, 3, 3, 4], bias: [3] } }),
      'has 3 values of the_layer/bias for 4 channels',
    ],
    [
      'a fully connected layer has a bias of another length',
      layersCase([
        { kind: 'GlobalMaxPooling2D', name: 'pool' },
        { kind: 'Dense', name: 'the_layer', weights: { kernel: [3, 2], bias: [3] } },
      ]),
      'has 3 values of the_layer/bias for 2 channels',
    ],
    [
      'slopes are for more pixels than the input has',
      layersCase([
        { kind: 'GlobalMaxPooling2D', name: 'pool' },
        { kind: 'Reshape', name: 'point', config: { target_shape: [1, 1, 3] } },
        { kind: 'PReLU', name: 'the_layer', weights: { alpha: [7, 6, 3] } },
      ]),
      'combines the shapes [1, 1, 3] and [7, 6, 3], which do not fit',
    ],
    ...[
      [42, 3],
      [3, 42],
    ].map((shape): [string, ModelCase, string] => [
      `a normalization has an input of the shape ${shape.join('×')}`,
      normalized(shape),
      `has an input of the shape [${shape.join(', ')}]: expected features, or height, width and channels`,
    ]),
    [
      'a window is larger than the image',
      layer('MaxPooling2D', { pool_size: [8, 8] }),
      'has a window of 8×8, larger than its input of 7×6',
    ],
    [
      'a shape has another size',
      layer('Reshape', { target_shape: [5, -1] }),
      'reshapes [7, 6, 3] to [5, -1], which has another size',
    ],
    [
      'shapes do not fit',
      layersCase([
        { kind: 'MaxPooling2D', name: 'small' },
        { kind: 'Add', name: 'the_layer', reads: [['image', 'small']] },
      ]),
      'combines the shapes [7, 6, 3] and [3, 3, 3], which do not fit',
    ],
    [
      'joined shapes do not fit',
      layersCase([
        { kind: 'MaxPooling2D', name: 'small' },
        { kind: 'Concatenate', name: 'the_layer', reads: [['image', 'small']] },
      ]),
      'joins shapes that do not fit: [7, 6, 3], [3, 3, 3]',
    ],
    [
      'a layer has two inputs instead of one',
      layer('Flatten', {}, { reads: [['image', 'image']] }),
      'has 2 inputs instead of one',
    ],
    [
      'a layer reads one that does not exist',
      layer('Flatten', {}, { reads: [['nothing']] }),
      'the model has no layer nothing',
    ],
    [
      'a layer reads itself',
      layer('Flatten', {}, { reads: [['the_layer']] }),
      'layer the_layer depends on its own output',
    ],
    [
      'an axis is the batch',
      layer('Concatenate', { axis: 0 }, { reads: [['image', 'image']] }),
      'joins its inputs along axis 0',
    ],
    [
      'a rectifier has a slope that TensorFlow.js ignores',
      layer('ReLU', { negative_slope: 0.1 }),
      'negative_slope is 0.1',
    ],
    [
      'the model is a class of its own',
      { ...layer('ReLU'), topology: { class_name: 'MyModel', config: {} } },
      'the model is a MyModel: only Sequential and functional models',
    ],
    ['the topology has no layers', { ...layer('ReLU'), topology: {} }, 'modelTopology has no layers'],
  ])('%s', async (_, model, message) => {
    expect(await problemOf(model)).toContain(message);
  });
});

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
    ...layer('ReLU'),
    format: 'graph-model',
    topology: { node: [image, ...constants, { name: 'the_operation', op, input, attr }, output] },
    weights,
  };
}

describe('a model in the form of a graph is refused with the operation and the reason if', () => {
  const nchw = { data_format: { s: Buffer.from('NCHW').toString('base64') } };
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
    ['the graph has no nodes', { ...operation('Relu'), topology: { node: [] } }, 'the graph is invalid: node is []'],
  ])('%s', async (_, model, message) => {
    expect(await problemOf(model)).toContain(message);
  });
});

describe('the size of the image', () => {
  it.each([
    [0, 'layer image (InputLayer) has a size of 0 ([7, 6, 0])'],
    ['x', 'layer image (InputLayer) is not supported: batch_input_shape.3 is "x"'],
    [1.5, 'layer image (InputLayer) is not supported: batch_input_shape.3 is 1.5'],
  ])('is refused if it has %j channels', async (channels, message) => {
    const model = layersCase([{ kind: 'GlobalAveragePooling2D', name: 'pool' }]);
    const shape = `[null,7,6,${JSON.stringify(channels)}]`;
    const topology = JSON.parse(JSON.stringify(model.topology).replace('[null,7,6,3]', shape));
    expect(await problemOf({ ...model, topology })).toContain(message);
  });

  const open: ModelCase = { ...layersCase([{ kind: 'GlobalAveragePooling2D', name: 'pool' }]), inputShape: [] };
  const topology = JSON.parse(JSON.stringify(open.topology).replace('[null,7,6,3]', '[null,null,null,3]'));

  it('must be given if the model leaves it open', async () => {
    expect(await problemOf({ ...open, topology })).toContain(
      'leaves its size open ([?, ?, 3]): give its size as the crop size',
    );
  });

  it.each(['null,null', '-1,-1', '4,null'])('is taken from the options if it is %s', async (sizes) => {
    const stated = JSON.parse(JSON.stringify(topology).replace('null,null,3', `${sizes},3`));
    const file = await writeModel(temporaryFolder(), { ...open, topology: stated });
    const { graph } = await readTensorflowJs(file, { size: { width: 5, height: 4 } });
    expect(graph.inputs.map((input) => tensorType(input).shape)).toEqual([['N', 3, 4, 5]]);
  });
});

describe('a file is refused if it', () => {
  it.each([
    ['is not JSON', 'no json', 'is not JSON: give the model.json of a TensorFlow.js model'],
    ['is another JSON file', '{"name": "package"}', 'is not a TensorFlow.js model (modelTopology is missing)'],
    ['has no weights', '{"modelTopology": {}}', 'is not a TensorFlow.js model (weightsManifest is missing)'],
  ])('%s', async (_, content, message) => {
    const file = join(temporaryFolder(), 'model.json');
    await writeFile(file, content);
    await expect(readTensorflowJs(file)).rejects.toThrow(`${file} ${message}`);
  });
});
