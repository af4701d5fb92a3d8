import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../../../model/graph/attribute.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';
import { derivatives } from '../../../../model/train/gradient/derivatives.ts';
import { checkGradient, type GradientCase } from './check-gradient.ts';
import { gradientOf } from './gradient-of.ts';
import { type Array64, map, zip } from './reference/array.ts';
import {
  batchNorm,
  concat,
  crossEntropy,
  matMul,
  responseNorm,
  softmax,
  sumOver,
  transpose,
} from './reference/layers.ts';
import { averagePool, convolution, globalAverage, maxPool, type WindowOptions } from './reference/windows.ts';

function attributesOf({ kernel, strides, dilations, pads, group, countIncludePad }: WindowOptions) {
  return [
    intsAttribute('kernel_shape', kernel),
    ...(strides ? [intsAttribute('strides', strides)] : []),
    ...(dilations ? [intsAttribute('dilations', dilations)] : []),
    ...(pads ? [intsAttribute('pads', pads)] : []),
    ...(group === undefined ? [] : [intAttribute('group', group)]),
    ...(countIncludePad === undefined ? [] : [intAttribute('count_include_pad', Number(countIncludePad))]),
  ];
}

type Image = readonly [batch: number, channels: number, height: number, width: number];

function convolutionCase(x: Image, filters: number, options: WindowOptions, hasBias = true): GradientCase {
  const w = [filters, x[1] / (options.group ?? 1), ...options.kernel];
  return {
    nodes: [makeNode('Conv', hasBias ? ['x', 'w', 'b'] : ['x', 'w'], ['y'], { attributes: attributesOf(options) })],
    inputs: hasBias ? { x, w, b: [filters] } : { x, w },
    forward: (of) => convolution(of('x'), of('w'), hasBias ? of('b') : undefined, options),
  };
}

function poolCase(operator: 'MaxPool' | 'AveragePool', x: Image, options: WindowOptions): GradientCase {
  return {
    nodes: [makeNode(operator, ['x'], ['y'], { attributes: attributesOf(options) })],
    inputs: { x },
    spread: operator === 'MaxPool',
    forward: (of) => (operator === 'MaxPool' ? maxPool : averagePool)(of('x'), options),
  };
}

function plain(
  operator: string,
  inputs: GradientCase['inputs'],
  forward: GradientCase['forward'],
  attributes: Parameters<typeof makeNode>[3] = {},
): GradientCase {
  return { nodes: [makeNode(operator, Object.keys(inputs), ['y'], attributes)], inputs, forward };
}

const product = (a: number, b: number) => a * b;
const sum = (a: number, b: number) => a + b;
const reshaped = (array: Array64, shape: readonly number[]): Array64 => ({ ...array, shape });

const convolutions: Record<string, GradientCase> = {
  '3×3 with padding': convolutionCase([2, 3, 6, 5], 4, { kernel: [3, 3], pads: [1, 1, 1, 1] }),
  '1×1': convolutionCase([3, 5, 4, 4], 2, { kernel: [1, 1] }),
  'one image of one channel': convolutionCase([1, 1, 5, 7], 1, { kernel: [3, 2] }),
  'without a bias': convolutionCase([2, 2, 4, 4], 3, { kernel: [2, 2] }, false),
  '5×5 on many channels, each place a product of its own': convolutionCase([2, 17, 5, 4], 3, {
    kernel: [5, 5],
    pads: [2, 2, 2, 2],
  }),
  'stride 2 with a remainder': convolutionCase([2, 3, 8, 7], 4, { kernel: [3, 3], strides: [2, 2] }),
  'stride beyond the kernel': convolutionCase([2, 2, 9, 10], 3, { kernel: [2, 2], strides: [3, 4] }),
  '7×7 of stride 2 and padding 3, as the first layer of GoogLeNet': convolutionCase([1, 3, 14, 13], 4, {
    kernel: [7, 7],
    strides: [2, 2],
    pads: [3, 3, 3, 3],
  }),
  dilation: convolutionCase([2, 2, 9, 8], 3, { kernel: [3, 3], dilations: [2, 2], pads: [2, 2, 2, 2] }),
  'dilation and stride': convolutionCase([2, 2, 10, 9], 2, {
    kernel: [3, 2],
    dilations: [2, 3],
    strides: [2, 2],
    pads: [1, 0, 2, 1],
  }),
  'padding beyond the kernel': convolutionCase([1, 2, 3, 3], 2, { kernel: [2, 2], pads: [3, 3, 2, 2] }),
  'uneven padding': convolutionCase([2, 2, 5, 6], 3, { kernel: [3, 3], pads: [0, 2, 1, 0] }),
  '1×7': convolutionCase([2, 3, 4, 9], 2, { kernel: [1, 7], pads: [0, 3, 0, 3] }),
  'strides of 2 and 3': convolutionCase([1, 2, 7, 11], 3, { kernel: [3, 4], strides: [2, 3], pads: [1, 1, 1, 1] }),
  'a kernel larger than the image': convolutionCase([2, 2, 2, 3], 2, { kernel: [5, 5], pads: [2, 2, 2, 2] }),
  'in two groups': convolutionCase([2, 4, 5, 5], 6, { kernel: [3, 3], pads: [1, 1, 1, 1], group: 2 }),
  'by channel': convolutionCase([2, 3, 6, 6], 3, { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], group: 3 }),
};

const pools: Record<string, GradientCase> = {
  'the largest of 2×2': poolCase('MaxPool', [2, 3, 6, 4], { kernel: [2, 2], strides: [2, 2] }),
  'the largest of overlapping 3×3': poolCase('MaxPool', [2, 2, 7, 9], { kernel: [3, 3], strides: [2, 2] }),
  'the largest of 3×3, stride 1 and padding': poolCase('MaxPool', [2, 3, 5, 4], { kernel: [3, 3], pads: [1, 1, 1, 1] }),
  'the largest where the last window reaches into padding': poolCase('MaxPool', [1, 2, 6, 8], {
    kernel: [3, 3],
    strides: [2, 2],
    pads: [0, 0, 1, 1],
  }),
  'the largest of dilated windows': poolCase('MaxPool', [1, 2, 7, 7], {
    kernel: [2, 3],
    dilations: [2, 2],
    strides: [1, 2],
  }),
  'the largest with a remainder': poolCase('MaxPool', [1, 2, 8, 9], { kernel: [2, 2], strides: [3, 3] }),
  'strides of 1 and 2': poolCase('MaxPool', [2, 2, 5, 6], { kernel: [3, 2], strides: [1, 2], pads: [1, 0, 1, 0] }),
  'the mean of 2×2': poolCase('AveragePool', [2, 3, 6, 4], { kernel: [2, 2], strides: [2, 2] }),
  'the mean of 5×5 with stride 3, as before auxiliary classifiers': poolCase('AveragePool', [1, 2, 14, 14], {
    kernel: [5, 5],
    strides: [3, 3],
  }),
  'the mean without the padding': poolCase('AveragePool', [2, 2, 5, 6], {
    kernel: [3, 3],
    pads: [1, 1, 1, 1],
    countIncludePad: false,
  }),
  'the mean with the padding': poolCase('AveragePool', [2, 2, 5, 6], {
    kernel: [3, 3],
    pads: [1, 1, 1, 1],
    countIncludePad: true,
  }),
  'the mean of uneven windows': poolCase('AveragePool', [1, 2, 6, 7], {
    kernel: [2, 3],
    pads: [1, 0, 0, 2],
    countIncludePad: true,
  }),
  'the mean of each channel': plain('GlobalAveragePool', { x: [2, 3, 4, 5] }, (of) => globalAverage(of('x'))),
};

function lrnCase(size: number, beta = 0.75): GradientCase {
  const norm = { size, alpha: 0.9, beta, bias: 1.5 };
  const attributes = [
    intAttribute('size', size),
    ...(['alpha', 'beta', 'bias'] as const).map((name) => floatAttribute(name, norm[name])),
  ];
  return plain('LRN', { x: [2, 7, 3, 2] }, (of) => responseNorm(of('x'), norm), { attributes });
}

function batchNormCase(): GradientCase {
  const attributes = [intAttribute('training_mode', 1), floatAttribute('epsilon', 1e-3), floatAttribute('momentum', 0)];
  return {
    nodes: [
      makeNode('BatchNormalization', ['x', 'scale', 'shift', 'mean', 'variance'], ['y', 'm', 'v'], { attributes }),
    ],
    inputs: { x: [3, 4, 3, 5], scale: [4], shift: [4] },
    constants: [
      makeTensor('mean', [4], Float32Array.of(1, 2, 3, 4)),
      makeTensor('variance', [4], Float32Array.of(5, 6, 7, 8)),
    ],
    forward: (of) => batchNorm(of('x'), of('scale'), of('shift'), 1e-3),
  };
}

const mean: Array64 = { shape: [3], data: Float64Array.of(0.1, -0.2, 0.5) };
const variance: Array64 = { shape: [3], data: Float64Array.of(0.5, 1, 2) };

const layers: Record<string, GradientCase> = {
  'LRN over 5': lrnCase(5),
  'LRN with another power': lrnCase(3, 0.5),
  'BatchNormalization of each batch': batchNormCase(),
  'BatchNormalization with fixed statistics': {
    nodes: [makeNode('BatchNormalization', ['x', 'scale', 'shift', 'mean', 'variance'], ['y'])],
    inputs: { x: [2, 3, 2, 3], scale: [3], shift: [3] },
    constants: [
      makeTensor('mean', [3], Float32Array.from(mean.data)),
      makeTensor('variance', [3], Float32Array.from(variance.data)),
    ],
    forward: (of) => batchNorm(of('x'), of('scale'), of('shift'), 1e-5, [map(mean, Math.fround), variance]),
  },
  Relu: plain('Relu', { x: [2, 3, 4] }, (of) => map(of('x'), (value) => Math.max(0, value))),
  Tanh: plain('Tanh', { x: [2, 5] }, (of) => map(of('x'), Math.tanh)),
  Sigmoid: plain('Sigmoid', { x: [2, 5] }, (of) => map(of('x'), (value) => 1 / (1 + Math.exp(-value)))),
  Concat: plain(
    'Concat',
    { a: [2, 1, 3, 2], b: [2, 4, 3, 2], c2: [2, 2, 3, 2] },
    (of) => concat([of('a'), of('b'), of('c2')]),
    { attributes: [intAttribute('axis', 1)] },
  ),
  'Gemm, the weights transposed': plain(
    'Gemm',
    { x: [3, 5], w: [4, 5], b: [4] },
    (of) => zip(matMul(of('x'), transpose(of('w'), [1, 0])), of('b'), sum),
    { attributes: [intAttribute('transB', 1)] },
  ),
  'Gemm, the other transposed, with factors': plain(
    'Gemm',
    { x: [5, 3], w: [5, 4], b: [3, 1] },
    (of) =>
      zip(
        map(matMul(transpose(of('x'), [1, 0]), of('w')), (value) => 0.5 * value),
        map(of('b'), (value) => 2 * value),
        sum,
      ),
    { attributes: [intAttribute('transA', 1), floatAttribute('alpha', 0.5), floatAttribute('beta', 2)] },
  ),
  'Gemm, both transposed': plain(
    'Gemm',
    { x: [5, 3], w: [4, 5] },
    (of) => matMul(transpose(of('x'), [1, 0]), transpose(of('w'), [1, 0])),
    { attributes: [intAttribute('transA', 1), intAttribute('transB', 1)] },
  ),
  MatMul: plain('MatMul', { x: [3, 5], w: [5, 2] }, (of) => matMul(of('x'), of('w'))),
  'MatMul of many by one': plain('MatMul', { x: [2, 3, 4, 5], w: [5, 2] }, (of) => matMul(of('x'), of('w'))),
  'MatMul, repeated': plain('MatMul', { x: [2, 1, 3, 4], w: [3, 4, 2] }, (of) => matMul(of('x'), of('w'))),
  Softmax: plain('Softmax', { x: [3, 5] }, (of) => softmax(of('x')), { attributes: [intAttribute('axis', 1)] }),
  SoftmaxCrossEntropyLoss: {
    ...plain('SoftmaxCrossEntropyLoss', { x: [4, 5] }, (of) => crossEntropy(of('x'), [1, 0, 4, 4])),
    nodes: [makeNode('SoftmaxCrossEntropyLoss', ['x', 'labels'], ['y'])],
    integers: { labels: [1, 0, 4, 4] },
  },
  'SoftmaxCrossEntropyLoss, the sum': {
    ...plain('SoftmaxCrossEntropyLoss', { x: [4, 5] }, (of) =>
      map(crossEntropy(of('x'), [1, 0, 4, 4]), (value) => 4 * value),
    ),
    nodes: [
      makeNode('SoftmaxCrossEntropyLoss', ['x', 'labels'], ['y'], {
        attributes: [stringAttribute('reduction', 'sum')],
      }),
    ],
    integers: { labels: [1, 0, 4, 4] },
  },
  Add: plain('Add', { a: [2, 3, 2, 2], b: [3, 1, 1] }, (of) => zip(of('a'), of('b'), sum)),
  'Add of a scalar': plain('Add', { a: [], b: [2, 3] }, (of) => zip(of('a'), of('b'), sum)),
  Sub: plain('Sub', { a: [2, 3], b: [2, 1] }, (of) => zip(of('a'), of('b'), (x, y) => x - y)),
  Mul: plain('Mul', { a: [2, 3, 2, 2], b: [1, 3, 1, 1] }, (of) => zip(of('a'), of('b'), product)),
  'Mul by itself': {
    nodes: [makeNode('Mul', ['a', 'a'], ['y'])],
    inputs: { a: [2, 3] },
    forward: (of) => zip(of('a'), of('a'), product),
  },
  Div: { ...plain('Div', { a: [2, 3], b: [3] }, (of) => zip(of('a'), of('b'), (x, y) => x / y)), spread: true },
  Sum: plain('Sum', { a: [2, 3], b: [3], c2: [2, 1] }, (of) => zip(zip(of('a'), of('b'), sum), of('c2'), sum)),
  Identity: plain('Identity', { a: [2, 3] }, (of) => of('a')),
  Transpose: plain('Transpose', { a: [2, 3, 4] }, (of) => transpose(of('a'), [2, 0, 1]), {
    attributes: [intsAttribute('perm', [2, 0, 1])],
  }),
  'Transpose, all axes': plain('Transpose', { a: [2, 3, 4] }, (of) => transpose(of('a'), [2, 1, 0])),
  Flatten: plain('Flatten', { a: [2, 3, 4] }, (of) => reshaped(of('a'), [2, 12])),
  Reshape: {
    nodes: [makeNode('Reshape', ['a', 'to'], ['y'])],
    inputs: { a: [2, 6] },
    constants: [makeTensor('to', [2], BigInt64Array.of(3n, -1n))],
    forward: (of) => reshaped(of('a'), [3, 4]),
  },
  Squeeze: plain('Squeeze', { a: [2, 1, 3] }, (of) => reshaped(of('a'), [2, 3])),
  Unsqueeze: {
    nodes: [makeNode('Unsqueeze', ['a', 'axes'], ['y'])],
    inputs: { a: [2, 3] },
    constants: [makeTensor('axes', [1], BigInt64Array.of(1n))],
    forward: (of) => reshaped(of('a'), [2, 1, 3]),
  },
  ReduceSum: {
    nodes: [makeNode('ReduceSum', ['a', 'axes'], ['y'], { attributes: [intAttribute('keepdims', 0)] })],
    inputs: { a: [2, 3, 4] },
    constants: [makeTensor('axes', [2], BigInt64Array.of(0n, -1n))],
    forward: (of) => sumOver(of('a'), [0, 2]),
  },
  ReduceMean: plain(
    'ReduceMean',
    { a: [2, 3, 4] },
    (of) =>
      reshaped(
        map(sumOver(of('a'), [1]), (value) => value / 3),
        [2, 1, 4],
      ),
    { attributes: [intsAttribute('axes', [1])] },
  ),
  'Dropout that is not training': plain('Dropout', { a: [2, 3] }, (of) => of('a')),
};

describe('the derivative of a convolution', () => {
  it.each(Object.entries(convolutions))('%s', async (_, own) => checkGradient(own));

  it('whatever its geometry', async () => {
    const small = fc.integer({ min: 1, max: 3 });
    const pad = fc.integer({ min: 0, max: 3 });
    const geometry = fc.record({
      batch: small,
      channels: small,
      filters: small,
      kernel: fc.tuple(small, small),
      strides: fc.tuple(small, small),
      dilations: fc.tuple(small, small),
      pads: fc.tuple(pad, pad, pad, pad),
      room: fc.tuple(pad, pad),
    });
    const property = fc.asyncProperty(geometry, async ({ batch, channels, filters, room, ...options }) => {
      const least = (axis: 0 | 1) =>
        Math.max(
          1,
          options.dilations[axis] * (options.kernel[axis] - 1) + 1 - options.pads[axis] - (options.pads[axis + 2] ?? 0),
        );
      await checkGradient(convolutionCase([batch, channels, least(0) + room[0], least(1) + room[1]], filters, options));
    });
    await fc.assert(property, { numRuns: 40, seed: 1 });
  });
});

describe('the derivative of a pool', () => {
  it.each(Object.entries(pools))('%s', async (_, own) => checkGradient(own));

  it('gives the gradient to the first of equal pixels', async () => {
    const own = poolCase('MaxPool', [1, 1, 4, 4], { kernel: [2, 2], strides: [2, 2] });
    const gradient = await gradientOf(own.nodes, { x: { shape: [1, 1, 4, 4], data: new Float64Array(16).fill(3) } });
    expect([...gradient]).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
  });

  it('whatever its geometry', async () => {
    const small = fc.integer({ min: 1, max: 3 });
    const geometry = fc.record({
      operator: fc.constantFrom('MaxPool' as const, 'AveragePool' as const),
      channels: small,
      kernel: fc.tuple(small, small),
      strides: fc.tuple(small, small),
      ends: fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()),
      room: fc.tuple(fc.nat(4), fc.nat(4)),
      countIncludePad: fc.boolean(),
    });
    const property = fc.asyncProperty(
      geometry,
      async ({ operator, channels, ends, room, countIncludePad, ...options }) => {
        const [top = 0, left = 0, bottom = 0, right = 0] = ends.map(
          (end, side) => end % (options.kernel[side % 2] ?? 1),
        );
        const pads = [top, left, bottom, right] as const;
        const counts = operator === 'MaxPool' ? {} : { countIncludePad };
        await checkGradient(
          poolCase(operator, [2, channels, options.kernel[0] + room[0], options.kernel[1] + room[1]], {
            ...options,
            pads: [...pads],
            ...counts,
          }),
        );
      },
    );
    await fc.assert(property, { numRuns: 40, seed: 1 });
  });
});

describe('the derivative of', () => {
  it.each(Object.entries(layers))('%s', async (_, own) => checkGradient(own));

  it('every operator that has one is tried here', () => {
    const tried = [convolutions, pools, layers].flatMap((cases) =>
      Object.values(cases).flatMap(({ nodes }) => nodes.map(({ opType }) => opType)),
    );
    expect(new Set([...tried].sort())).toEqual(new Set(Object.keys(derivatives).sort()));
  });
});
