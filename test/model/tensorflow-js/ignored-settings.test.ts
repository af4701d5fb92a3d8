import { describe, expect, it } from 'vitest';
import { type CaseLayer, layersCase } from '../../support/tensorflow-js/layer-builder.ts';
import type { ModelCase } from '../../support/tensorflow-js/model-case.ts';
import { problemOf } from '../../support/tensorflow-js/problem-of.ts';

function layer(kind: string, config: CaseLayer['config'] = {}, more: Partial<CaseLayer> = {}): ModelCase {
  return layersCase([{ kind, name: 'the_layer', config, ...more }]);
}

const kernel = { weights: { kernel: [3, 3, 3, 4] } };
const convolution = { filters: 4, kernel_size: [3, 3], use_bias: false };

describe('a layer with a setting that TensorFlow.js ignores or refuses is refused with the setting if', () => {
  it.each<[string, ModelCase, string]>([
    [
      'a rectifier has a slope that TensorFlow.js ignores',
      layer('ReLU', { negative_slope: 0.1 }),
      'negative_slope is 0.1',
    ],
    [
      'a rectifier has a slope under the name of Keras 3, which TensorFlow.js ignores',
      layer('LeakyReLU', { negative_slope: 0.1 }),
      'has the negative_slope 0.1, which TensorFlow.js ignores: it uses 0.3',
    ],
    [
      'a rectifier has two slopes',
      layer('LeakyReLU', { alpha: 0.2, negative_slope: 0.1 }),
      'has the negative_slope 0.1, which TensorFlow.js ignores: it uses 0.2',
    ],
    [
      'a convolution of each channel is dilated, which TensorFlow.js ignores',
      layer('DepthwiseConv2D', { dilation_rate: 2, use_bias: false }, { weights: { depthwise_kernel: [3, 3, 3, 1] } }),
      'has the dilation_rate 2×2, which TensorFlow.js ignores',
    ],
    [
      'a convolution has strides and is dilated',
      layer('Conv2D', { ...convolution, strides: [2, 1], dilation_rate: [1, 2] }, kernel),
      'has strides of 2×1 and dilations of 1×2: TensorFlow.js refuses both',
    ],
    [
      'values are joined along a negative axis that is not the last one',
      layer('Concatenate', { axis: -2 }, { reads: [['image', 'image']] }),
      'has the axis -2, but TensorFlow.js joins along the last one for every negative axis',
    ],
    [
      'a mean keeps its axes, which TensorFlow.js ignores',
      layer('GlobalAveragePooling2D', { keepdims: true }),
      'keepdims is true',
    ],
  ])('%s', async (_, model, message) => {
    expect(await problemOf(model)).toContain(message);
  });
});
