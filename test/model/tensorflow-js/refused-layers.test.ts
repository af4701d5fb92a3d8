import { describe, expect, it } from 'vitest';
import { type CaseLayer, layersCase } from '../../support/tensorflow-js/layer-builder.ts';
import { caseWeight, type ModelCase } from '../../support/tensorflow-js/model-case.ts';
import { problemOf } from '../../support/tensorflow-js/problem-of.ts';

function layer(kind: string, config: CaseLayer['config'] = {}, more: Partial<CaseLayer> = {}): ModelCase {
  return layersCase([{ kind, name: 'the_layer', config, ...more }]);
}

const kernel = { weights: { kernel: [3, 3, 3, 4] } };
const convolution = { filters: 4, kernel_size: [3, 3], use_bias: false };

function statistics(channels: number): Partial<CaseLayer> {
  return { weights: { moving_mean: [channels], moving_variance: [channels] } };
}

/** Normalization of the last axis of the image in another shape. */
function normalized(shape: readonly number[]): ModelCase {
  const channels = shape.slice(-1);
  const weights = { gamma: channels, beta: channels, moving_mean: channels, moving_variance: channels };
  return layersCase([
    { kind: 'Reshape', name: 'reshape', config: { target_shape: shape } },
    { kind: 'BatchNormalization', name: 'the_layer', weights },
  ]);
}

/** A convolution `a`, then a model with another convolution `a`. */
function nested(names: readonly string[]): ModelCase {
  const a = { name: 'a', filters: 3, kernel_size: 1, use_bias: false };
  const inner = { layers: [{ class_name: 'Conv2D', config: a }] };
  return {
    ...layersCase([
      { kind: 'Conv2D', name: 'a', config: a },
      { kind: 'Sequential', name: 'inner', config: inner },
    ]),
    weights: names.map((name) => caseWeight(name, [1, 1, 3, 3])),
  };
}

describe('a model in the form of layers is refused with the layer and the reason if', () => {
  it.each<[string, ModelCase, string]>([
    [
      'a layer is not known',
      layer('LSTM'),
      'layer the_layer (LSTM) is not supported: convert the model that this one was made from to ONNX, and import that',
    ],
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
      'a normalization is along the height',
      layer('BatchNormalization', { axis: 1, scale: false, center: false }, statistics(7)),
      'is not supported along axis 1',
    ],
    ['a Softmax is along the width', layer('Softmax', { axis: 2 }), 'is not supported along axis 2'],
    [
      'a normalization has statistics of another length',
      layer('BatchNormalization', { scale: false, center: false }, statistics(2)),
      'has 2 values of the_layer/moving_mean for 3 channels',
    ],
    [
      'margins are larger than the image',
      layer('Cropping2D', { cropping: [4, 3] }),
      'crops more than its input of 7×6',
    ],
    [
      'no layer reads a weight',
      layer('Conv2D', convolution, { weights: { kernel: [3, 3, 3, 4], bias: [4] } }),
      'no layer reads the weight the_layer/bias',
    ],
    [
      'two layers fit one weight',
      nested(['a/kernel']),
      'the weight a/kernel fits two layers, model/a and model/inner/a',
    ],
    [
      'two weights fit one layer by the models in front of its name',
      {
        ...layer('Conv2D', convolution),
        weights: ['one', 'two'].map((model) => caseWeight(`${model}/the_layer/kernel`, [3, 3, 3, 4])),
      },
      'the weights one/the_layer/kernel and two/the_layer/kernel both fit the layer model/the_layer',
    ],
    [
      'two layers have the same name',
      layersCase([
        { kind: 'ReLU', name: 'the_layer' },
        { kind: 'ReLU', name: 'the_layer', reads: [['image']] },
      ]),
      'the layers of the model are invalid: two of them are named the_layer',
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
