import {
  type CaseLayer,
  functionalConfig,
  layersCase,
  sequentialCase,
  sequentialLayers,
  weightsOf,
} from './layer-builder.ts';
import type { ModelCase } from './model-case.ts';

/** A convolution over the three channels of the image. */
function conv(name: string, config: CaseLayer['config'], kernel: readonly number[], bias = true): CaseLayer {
  const [height = 1, width = 1, , filters = 1] = kernel;
  return {
    kind: 'Conv2D',
    name,
    config: { filters, kernel_size: [height, width], use_bias: bias, ...config },
    weights: { kernel, ...(bias ? { bias: [filters] } : {}) },
  };
}

function single(kind: string, config: CaseLayer['config'] = {}, weights: CaseLayer['weights'] = {}): ModelCase {
  return layersCase([{ kind, name: 'layer', config, weights }]);
}

const activations = [
  ...['linear', 'relu', 'relu6', 'sigmoid', 'tanh', 'elu', 'selu', 'softplus', 'softsign', 'hard_sigmoid'],
  ...['swish', 'mish', 'softmax', 'log_softmax'],
];

const convolutions: Readonly<Record<string, ModelCase>> = {
  'Conv2D, same, stride 2': layersCase([
    conv('c', { padding: 'same', strides: [2, 2], activation: 'relu' }, [3, 3, 3, 4]),
  ]),
  'Conv2D, same, an even kernel': layersCase([conv('c', { padding: 'same', strides: [2, 1] }, [2, 4, 3, 4])]),
  'Conv2D, valid, dilated, without bias': layersCase([conv('c', { dilation_rate: [2, 2] }, [2, 3, 3, 5], false)]),
  'Conv2D, same, dilated': layersCase([conv('c', { padding: 'same', dilation_rate: [2, 2] }, [3, 3, 3, 2])]),
  'Conv2D with one number for both axes': layersCase([
    conv('c', { kernel_size: 3, strides: 2, padding: 'valid' }, [3, 3, 3, 4]),
  ]),
  'DepthwiseConv2D, same, stride 2, multiplier 2': single(
    'DepthwiseConv2D',
    { kernel_size: [3, 3], strides: [2, 2], padding: 'same', depth_multiplier: 2, activation: 'relu6' },
    { depthwise_kernel: [3, 3, 3, 2], bias: [6] },
  ),
  'DepthwiseConv2D, valid, without bias': single(
    'DepthwiseConv2D',
    { kernel_size: [3, 2], padding: 'valid', use_bias: false },
    { depthwise_kernel: [3, 2, 3, 1] },
  ),
  'SeparableConv2D, same': single(
    'SeparableConv2D',
    { filters: 4, kernel_size: [3, 3], padding: 'same', depth_multiplier: 2, activation: 'tanh' },
    { depthwise_kernel: [3, 3, 3, 2], pointwise_kernel: [1, 1, 6, 4], bias: [4] },
  ),
};

const pooling: Readonly<Record<string, ModelCase>> = {
  'MaxPooling2D, valid': single('MaxPooling2D', { pool_size: [3, 2], strides: [2, 1], padding: 'valid' }),
  'MaxPooling2D, same': single('MaxPooling2D', { pool_size: [3, 3], strides: [2, 2], padding: 'same' }),
  'MaxPooling2D without strides': single('MaxPooling2D', { pool_size: [2, 2] }),
  'AveragePooling2D, valid': single('AveragePooling2D', { pool_size: [2, 3], strides: [2, 2], padding: 'valid' }),
  'AveragePooling2D, same': single('AveragePooling2D', { pool_size: [3, 3], strides: [1, 1], padding: 'same' }),
  'AveragePooling2D, same, stride 2': single('AveragePooling2D', {
    pool_size: [3, 3],
    strides: [2, 2],
    padding: 'same',
  }),
  GlobalMaxPooling2D: single('GlobalMaxPooling2D'),
  GlobalAveragePooling2D: single('GlobalAveragePooling2D'),
};

const normalization = { gamma: [3], beta: [3], moving_mean: [3], moving_variance: [3] };
const dense: CaseLayer = {
  kind: 'Dense',
  name: 'dense',
  config: { units: 5, activation: 'softmax', use_bias: true },
  weights: { kernel: [126, 5], bias: [5] },
};

const fullyConnected: Readonly<Record<string, ModelCase>> = {
  BatchNormalization: single('BatchNormalization', { axis: 3, epsilon: 0.001 }, normalization),
  'BatchNormalization without scale': single(
    'BatchNormalization',
    { axis: [3], epsilon: 0.01, scale: false },
    { beta: [3], moving_mean: [3], moving_variance: [3] },
  ),
  'BatchNormalization without center': single(
    'BatchNormalization',
    { axis: -1, center: false },
    { gamma: [3], moving_mean: [3], moving_variance: [3] },
  ),
  'BatchNormalization of features': layersCase([
    { kind: 'GlobalAveragePooling2D', name: 'pool' },
    { kind: 'BatchNormalization', name: 'layer', config: { axis: -1 }, weights: normalization },
  ]),
  'Flatten and Dense': layersCase([{ kind: 'Flatten', name: 'flat' }, dense]),
  'Dense without bias': layersCase([
    { kind: 'GlobalAveragePooling2D', name: 'pool' },
    { kind: 'Dense', name: 'dense', config: { units: 4, use_bias: false }, weights: { kernel: [3, 4] } },
  ]),
  'Dense of maps': single('Dense', { units: 4, activation: 'relu' }, { kernel: [3, 4], bias: [4] }),
};

const advanced: Readonly<Record<string, ModelCase>> = {
  ...Object.fromEntries(
    activations.map((activation) => [`Activation ${activation}`, single('Activation', { activation })]),
  ),
  'Activation softmax of features': layersCase([
    { kind: 'GlobalMaxPooling2D', name: 'pool' },
    { kind: 'Activation', name: 'layer', config: { activation: 'softmax' } },
  ]),
  ReLU: single('ReLU', { max_value: null }),
  'ReLU up to 6': single('ReLU', { max_value: 6, negative_slope: 0, threshold: 0 }),
  LeakyReLU: single('LeakyReLU', { alpha: 0.2 }),
  ELU: single('ELU', { alpha: 1 }),
  'PReLU per channel': single('PReLU', { shared_axes: [1, 2] }, { alpha: [1, 1, 3] }),
  'PReLU per pixel': single('PReLU', {}, { alpha: [7, 6, 3] }),
  Softmax: single('Softmax', { axis: -1 }),
};

const two: readonly CaseLayer[] = [
  conv('a', { padding: 'same' }, [1, 1, 3, 3]),
  { ...conv('b', { padding: 'same', activation: 'relu' }, [3, 3, 3, 3]), reads: [['image']] },
];

function merged(kind: string, config: CaseLayer['config'] = {}): ModelCase {
  return layersCase([...two, { kind, name: 'layer', config, reads: [['a', 'b', 'image']] }]);
}

const merging: Readonly<Record<string, ModelCase>> = {
  Add: merged('Add'),
  Multiply: merged('Multiply'),
  Average: merged('Average'),
  Maximum: merged('Maximum'),
  Minimum: merged('Minimum'),
  'Concatenate channels': merged('Concatenate', { axis: 3 }),
  'Concatenate channels, counted from the end': merged('Concatenate', { axis: -1 }),
  'Concatenate height': merged('Concatenate', { axis: 1 }),
  'Concatenate width': merged('Concatenate', { axis: 2 }),
  'Multiply by one number per channel': layersCase([
    { kind: 'GlobalAveragePooling2D', name: 'squeeze' },
    { kind: 'Reshape', name: 'point', config: { target_shape: [1, 1, 3] } },
    conv('excite', { activation: 'sigmoid' }, [1, 1, 3, 3]),
    { kind: 'Multiply', name: 'scaled', reads: [['image', 'excite']] },
  ]),
};

const shapes: Readonly<Record<string, ModelCase>> = {
  'ZeroPadding2D, every side': single('ZeroPadding2D', {
    padding: [
      [0, 1],
      [2, 3],
    ],
    data_format: 'channels_last',
  }),
  'ZeroPadding2D, two numbers': single('ZeroPadding2D', { padding: [1, 2] }),
  Cropping2D: single('Cropping2D', {
    cropping: [
      [1, 0],
      [2, 1],
    ],
  }),
  'Reshape to other maps': single('Reshape', { target_shape: [6, 21, 1] }),
  'Reshape to maps with an open size': single('Reshape', { target_shape: [3, -1, 6] }),
  'Reshape to features': single('Reshape', { target_shape: [126] }),
  Rescaling: single('Rescaling', { scale: 0.5, offset: -1 }),
  Dropout: layersCase([
    { kind: 'Dropout', name: 'd', config: { rate: 0.5 } },
    { kind: 'ReLU', name: 'r' },
  ]),
};

const block: readonly CaseLayer[] = [
  conv('inner', { padding: 'same' }, [3, 3, 3, 3]),
  { kind: 'ReLU', name: 'inner_relu' },
];

const head: CaseLayer = {
  kind: 'Dense',
  name: 'head_dense',
  config: { units: 4, activation: 'softmax' },
  weights: { kernel: [3, 4], bias: [4] },
};

const models: Readonly<Record<string, ModelCase>> = {
  ...Object.fromEntries(
    ['MaxPooling2D', 'AveragePooling2D'].flatMap((kind) =>
      ['valid', 'same'].flatMap((padding) =>
        [1, 2].map((margin) => [
          `${kind}, ${padding}, after padding of ${margin}`,
          layersCase([
            { kind: 'ZeroPadding2D', name: 'pad', config: { padding: margin } },
            { kind, name: 'pool', config: { pool_size: 2, strides: 1, padding } },
          ]),
        ]),
      ),
    ),
  ),
  'a Sequential model': sequentialCase([conv('c', {}, [3, 3, 3, 4]), { kind: 'Flatten', name: 'flat' }]),
  'a Sequential model whose first layer is named input': sequentialCase([
    conv('input', {}, [3, 3, 3, 4]),
    { kind: 'Flatten', name: 'flat' },
  ]),
  'a Sequential model inside a functional one': {
    ...layersCase([
      {
        kind: 'Sequential',
        name: 'block',
        config: { layers: sequentialLayers(block, [7, 6, 3]) },
      },
      { kind: 'GlobalAveragePooling2D', name: 'pool', reads: [[['block', 1]]] },
    ]),
    weights: weightsOf(block),
  },
  'a functional model inside a Sequential one': {
    ...sequentialCase([
      { kind: 'Model', name: 'block', config: functionalConfig(block, [7, 6, 3]) },
      { kind: 'GlobalAveragePooling2D', name: 'pool' },
    ]),
    weights: weightsOf(block),
  },
  'Sequential models inside a Sequential one': {
    ...sequentialCase([
      {
        kind: 'Sequential',
        name: 'trunk',
        config: {
          layers: [
            { class_name: 'Model', config: functionalConfig(block, [7, 6, 3]) },
            { class_name: 'GlobalAveragePooling2D', config: { name: 'pool' } },
          ],
        },
      },
      { kind: 'Sequential', name: 'head', config: { layers: sequentialLayers([head], [3]) } },
    ]),
    weights: weightsOf([...block, head]),
  },
  'a layer that is used twice': layersCase([
    { ...conv('shared', { padding: 'same' }, [3, 3, 3, 3]), reads: [['image'], [['shared', 0]]] },
    {
      kind: 'Add',
      name: 'sum',
      reads: [
        [
          ['shared', 0],
          ['shared', 1],
        ],
      ],
    },
  ]),
};

/** Every kind of layer that is converted, with the settings that change the result. */
export const layerCases: Readonly<Record<string, ModelCase>> = {
  ...convolutions,
  ...pooling,
  ...fullyConnected,
  ...advanced,
  ...merging,
  ...shapes,
  ...models,
};
