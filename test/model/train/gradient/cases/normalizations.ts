import { floatAttribute, intAttribute } from '../../../../../model/graph/attribute.ts';
import { makeNode } from '../../../../../model/graph/node.ts';
import { makeTensor } from '../../../../../model/onnx/tensor.ts';
import type { GradientCase } from '../check-gradient.ts';
import { type Array64, map } from '../reference/array.ts';
import { batchNorm, responseNorm } from '../reference/layers.ts';
import { oneNode } from './one-node.ts';

/** The runtime supports only odd sizes. */
function responseNormCase(size: number, beta = 0.75): GradientCase {
  const norm = { size, alpha: 0.9, beta, bias: 1.5 };
  const attributes = [
    intAttribute('size', size),
    ...(['alpha', 'beta', 'bias'] as const).map((name) => floatAttribute(name, norm[name])),
  ];
  return oneNode('LRN', { x: [2, 7, 3, 2] }, (of) => responseNorm(of('x'), norm), attributes);
}

/** @param shift added to the input, for a mean far from 0 */
function batchNormCase(x: readonly number[], shift = 0): GradientCase {
  const [, channels = 0] = x;
  const attributes = [intAttribute('training_mode', 1), floatAttribute('epsilon', 1e-3), floatAttribute('momentum', 0)];
  const each = (value: number) => Float32Array.from({ length: channels }, (_, channel) => value + channel);
  return {
    nodes: [
      makeNode('Add', ['x', 'shift'], ['shifted']),
      makeNode('BatchNormalization', ['shifted', 'gamma', 'beta', 'mean', 'variance'], ['y', 'm', 'v'], { attributes }),
    ],
    inputs: { x, gamma: [channels], beta: [channels] },
    constants: [
      makeTensor('shift', [], Float32Array.of(shift)),
      makeTensor('mean', [channels], each(1)),
      makeTensor('variance', [channels], each(5)),
    ],
    forward: (of) => {
      const shifted = map(of('x'), (value) => value + shift);
      return batchNorm(shifted, of('gamma'), of('beta'), 1e-3);
    },
  };
}

const mean: Array64 = { shape: [3], data: Float64Array.of(0.125, -0.25, 0.5) };
/** One is so small that epsilon matters. */
const variance: Array64 = { shape: [3], data: Float64Array.of(0.5, 2 ** -14, 2) };

function fixedBatchNormCase(epsilon: number | undefined): GradientCase {
  const attributes = epsilon === undefined ? [] : [floatAttribute('epsilon', epsilon)];
  return {
    nodes: [makeNode('BatchNormalization', ['x', 'gamma', 'beta', 'mean', 'variance'], ['y'], { attributes })],
    inputs: { x: [2, 3, 2, 3], gamma: [3], beta: [3] },
    constants: [
      makeTensor('mean', [3], Float32Array.from(mean.data)),
      makeTensor('variance', [3], Float32Array.from(variance.data)),
    ],
    forward: (of) => batchNorm(of('x'), of('gamma'), of('beta'), epsilon ?? 1e-5, [mean, variance]),
  };
}

export const normalizations: Record<string, GradientCase> = {
  'LRN over 5': responseNormCase(5),
  'LRN over one channel': responseNormCase(1),
  'LRN over more channels than the image has': responseNormCase(15),
  'LRN with another exponent': responseNormCase(3, 0.5),
  'LRN with defaults': {
    nodes: [
      makeNode('Mul', ['x', 'large'], ['bright']),
      makeNode('LRN', ['bright'], ['y'], { attributes: [intAttribute('size', 3)] }),
    ],
    inputs: { x: [2, 4, 3, 2] },
    // So large that the small default of alpha matters.
    constants: [makeTensor('large', [], Float32Array.of(256))],
    forward: (of) => {
      const bright = map(of('x'), (value) => 256 * value);
      return responseNorm(bright, { size: 3, alpha: 1e-4, beta: 0.75, bias: 1 });
    },
  },
  'BatchNormalization of each batch': batchNormCase([3, 4, 3, 5]),
  'BatchNormalization of one channel': batchNormCase([3, 1, 4, 5]),
  'BatchNormalization of one image': batchNormCase([1, 3, 4, 5]),
  'BatchNormalization of features': batchNormCase([6, 3]),
  'BatchNormalization of a mean far from 0': batchNormCase([3, 2, 4, 5], 100),
  'BatchNormalization with fixed statistics': fixedBatchNormCase(undefined),
  'BatchNormalization with fixed statistics and a large epsilon': fixedBatchNormCase(0.1),
};
