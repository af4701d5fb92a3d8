import { describe, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute } from '../../../../model/graph/attribute.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import type { NodeProto, TensorProto } from '../../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';
import { checkGradient, type GradientCase } from './check-gradient.ts';
import { type Array64, map, zip } from './reference/array.ts';
import { batchNorm, concat, crossEntropy, matMul, responseNorm, transpose } from './reference/layers.ts';
import { averagePool, convolution, globalAverage, maxPool, type WindowOptions } from './reference/windows.ts';

const labels = [2, 0, 1];
const epsilon = 1e-3;
const sum = (a: number, b: number) => a + b;
const relu = (array: Array64) => map(array, (value) => Math.max(0, value));

const same = (kernel: number): WindowOptions => {
  const pad = (kernel - 1) / 2;
  return { kernel: [kernel, kernel], pads: [pad, pad, pad, pad] };
};
const stem: WindowOptions = { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
/** Only the last windows read padding, as in the pools of GoogLeNet. */
const shrinking: WindowOptions = { kernel: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] };
const beforeAuxiliary: WindowOptions = { kernel: [2, 2] };

function windowed(operator: string, inputs: readonly string[], output: string, options: WindowOptions): NodeProto {
  const { kernel, strides = [1, 1], pads = [0, 0, 0, 0], countIncludePad } = options;
  const attributes = [
    ...(countIncludePad === undefined ? [] : [intAttribute('count_include_pad', countIncludePad ? 1 : 0)]),
    intsAttribute('kernel_shape', kernel),
    intsAttribute('strides', strides),
    intsAttribute('pads', pads),
  ];
  return makeNode(operator, inputs, [output], { attributes });
}

/** A convolution, batch normalization and Relu. @param name of the weights */
function normalized(from: string, name: string, options: WindowOptions): NodeProto[] {
  const attributes = [
    intAttribute('training_mode', 1),
    floatAttribute('momentum', 0),
    floatAttribute('epsilon', epsilon),
  ];
  return [
    windowed('Conv', [from, name], `${name}.image`, options),
    makeNode(
      'BatchNormalization',
      [`${name}.image`, `${name}.scale`, `${name}.shift`, `${name}.old_mean`, `${name}.old_variance`],
      [`${name}.normal`, `${name}.mean`, `${name}.variance`],
      { attributes },
    ),
    makeNode('Relu', [`${name}.normal`], [`${name}.out`]),
  ];
}

/** Four concatenated branches. */
function inceptionModule(from: string, name: string): NodeProto[] {
  const branches = ['one.out', 'three.out', 'five.out', 'projected.out'].map((branch) => `${name}.${branch}`);
  return [
    ...normalized(from, `${name}.one`, same(1)),
    ...normalized(from, `${name}.reduced`, same(1)),
    ...normalized(`${name}.reduced.out`, `${name}.three`, same(3)),
    ...normalized(`${name}.reduced.out`, `${name}.five`, same(5)),
    windowed('MaxPool', [from], `${name}.largest`, same(3)),
    ...normalized(`${name}.largest`, `${name}.projected`, same(1)),
    makeNode('Concat', branches, [`${name}.out`], { attributes: [intAttribute('axis', 1)] }),
  ];
}

type Numbers = (name: string) => Array64;

function normalizedOf(of: Numbers, image: Array64, name: string, options: WindowOptions): Array64 {
  const convolved = convolution(image, of(name), undefined, options);
  return relu(batchNorm(convolved, of(`${name}.scale`), of(`${name}.shift`), epsilon));
}

function inceptionModuleOf(of: Numbers, image: Array64, name: string): Array64 {
  const reduced = normalizedOf(of, image, `${name}.reduced`, same(1));
  return concat([
    normalizedOf(of, image, `${name}.one`, same(1)),
    normalizedOf(of, reduced, `${name}.three`, same(3)),
    normalizedOf(of, reduced, `${name}.five`, same(5)),
    normalizedOf(of, maxPool(image, same(3)), `${name}.projected`, same(1)),
  ]);
}

/** Filter shapes by name, [filters, channels, rows, columns]. */
type Filters = Readonly<Record<string, readonly [number, number, number, number]>>;
const filters: Filters = {
  stem: [4, 2, 3, 3],
  'a.one': [1, 4, 1, 1],
  'a.reduced': [2, 4, 1, 1],
  'a.three': [2, 2, 3, 3],
  'a.five': [1, 2, 5, 5],
  'a.projected': [2, 4, 1, 1],
  'b.one': [2, 6, 1, 1],
  'b.reduced': [1, 6, 1, 1],
  'b.three': [1, 1, 3, 3],
  'b.five': [1, 1, 5, 5],
  'b.projected': [1, 6, 1, 1],
};

function perFilter(shapes: Filters, suffixes: readonly string[]) {
  return Object.entries(shapes).flatMap(([name, [count]]) =>
    suffixes.map((suffix) => ({ name: `${name}.${suffix}`, count })),
  );
}

/** Shapes of the scales and shifts after these filters. */
function scalesOf(shapes: Filters): Record<string, readonly number[]> {
  return Object.fromEntries(perFilter(shapes, ['scale', 'shift']).map(({ name, count }) => [name, [count]]));
}

/** A different constant each, because the runtime overwrites the old statistics. */
function oldStatistics(shapes: Filters): TensorProto[] {
  return perFilter(shapes, ['old_mean', 'old_variance']).map(({ name, count }, index) =>
    makeTensor(
      name,
      [count],
      Float32Array.from({ length: count }, (_, channel) => index + channel),
    ),
  );
}

/**
 * A small GoogLeNet: a stem with stride 2, response normalization, a pool that reads padding, two modules with an auxiliary
 * classifier between them, and batch normalization everywhere.
 */
const inception: GradientCase = {
  nodes: [
    ...normalized('x', 'stem', stem),
    makeNode('LRN', ['stem.out'], ['even'], { attributes: [intAttribute('size', 3), floatAttribute('alpha', 0.5)] }),
    windowed('MaxPool', ['even'], 'small', shrinking),
    ...inceptionModule('small', 'a'),
    windowed('AveragePool', ['a.out'], 'middle', beforeAuxiliary),
    makeNode('Flatten', ['middle'], ['middle_features']),
    makeNode('Gemm', ['middle_features', 'side', 'side_shift'], ['side_scores'], {
      attributes: [intAttribute('transB', 1)],
    }),
    makeNode('SoftmaxCrossEntropyLoss', ['side_scores', 'labels'], ['auxiliary']),
    ...inceptionModule('a.out', 'b'),
    makeNode('GlobalAveragePool', ['b.out'], ['means']),
    makeNode('Flatten', ['means'], ['features']),
    makeNode('Dropout', ['features'], ['kept']),
    makeNode('Gemm', ['kept', 'last', 'last_shift'], ['scores'], { attributes: [intAttribute('transB', 1)] }),
    makeNode('SoftmaxCrossEntropyLoss', ['scores', 'labels'], ['main']),
    makeNode('Mul', ['auxiliary', 'part'], ['weighted']),
    makeNode('Sum', ['main', 'weighted'], ['y']),
  ],
  inputs: {
    x: [3, 2, 11, 12],
    ...filters,
    ...scalesOf(filters),
    side: [3, 24],
    side_shift: [3],
    last: [3, 5],
    last_shift: [3],
  },
  integers: { labels },
  constants: [...oldStatistics(filters), makeTensor('part', [], Float32Array.of(0.25))],
  forward: (of) => {
    const even = responseNorm(normalizedOf(of, of('x'), 'stem', stem), { size: 3, alpha: 0.5, beta: 0.75, bias: 1 });
    const first = inceptionModuleOf(of, maxPool(even, shrinking), 'a');
    const middle = averagePool(first, beforeAuxiliary);
    const second = globalAverage(inceptionModuleOf(of, first, 'b'));
    const lossOf = (image: Array64, width: number, name: string) => {
      const scores = matMul({ ...image, shape: [labels.length, width] }, transpose(of(name), [1, 0]));
      return crossEntropy(zip(scores, of(`${name}_shift`), sum), labels);
    };
    const auxiliary = lossOf(middle, 24, 'side');
    return zip(lossOf(second, 5, 'last'), auxiliary, (main, side) => main + 0.25 * side);
  },
};

const wide: WindowOptions = { kernel: [1, 5], pads: [0, 2, 0, 2] };
const high: WindowOptions = { kernel: [5, 1], pads: [2, 0, 2, 0] };
const narrow: WindowOptions = { kernel: [1, 3], pads: [0, 1, 0, 1] };
const low: WindowOptions = { kernel: [3, 1], pads: [1, 0, 1, 0] };
const halved: WindowOptions = { kernel: [3, 3], strides: [2, 2] };
const means: WindowOptions = { ...same(3), countIncludePad: false };
const factorizedFilters: Filters = {
  wide: [3, 2, 1, 5],
  high: [2, 3, 5, 1],
  projected: [2, 2, 1, 1],
  halved: [3, 4, 3, 3],
  narrow: [2, 7, 1, 3],
  low: [2, 7, 3, 1],
};

/** The kinds of modules of Inception-v3: 1×n and n×1 next to a mean, a reduction of the grid, and a fork. */
const factorized: GradientCase = {
  nodes: [
    ...normalized('x', 'wide', wide),
    ...normalized('wide.out', 'high', high),
    windowed('AveragePool', ['x'], 'means', means),
    ...normalized('means', 'projected', same(1)),
    makeNode('Concat', ['high.out', 'projected.out'], ['module'], { attributes: [intAttribute('axis', 1)] }),
    ...normalized('module', 'halved', halved),
    windowed('MaxPool', ['module'], 'largest', halved),
    makeNode('Concat', ['halved.out', 'largest'], ['reduced'], { attributes: [intAttribute('axis', 1)] }),
    ...normalized('reduced', 'narrow', narrow),
    ...normalized('reduced', 'low', low),
    makeNode('Concat', ['narrow.out', 'low.out'], ['y'], { attributes: [intAttribute('axis', 1)] }),
  ],
  inputs: {
    // At this size, no step of the finite differences crosses a kink of Relu or of a maximum.
    x: [3, 2, 9, 7],
    ...factorizedFilters,
    ...scalesOf(factorizedFilters),
  },
  constants: oldStatistics(factorizedFilters),
  forward: (of) => {
    const x = of('x');
    const high5 = normalizedOf(of, normalizedOf(of, x, 'wide', wide), 'high', high);
    const projected = normalizedOf(of, averagePool(x, means), 'projected', same(1));
    const first = concat([high5, projected]);
    const reduced = concat([normalizedOf(of, first, 'halved', halved), maxPool(first, halved)]);
    return concat([normalizedOf(of, reduced, 'narrow', narrow), normalizedOf(of, reduced, 'low', low)]);
  },
};

/** A value that three nodes read, and another that one node reads twice. */
const manyReaders: GradientCase = {
  nodes: [
    windowed('Conv', ['x', 'w'], 'shared', same(3)),
    makeNode('Tanh', ['shared'], ['bent']),
    windowed('Conv', ['shared', 'w'], 'again', same(3)),
    makeNode('Mul', ['shared', 'again'], ['product']),
    makeNode('Concat', ['bent', 'product', 'bent'], ['joined'], { attributes: [intAttribute('axis', 1)] }),
    makeNode('Mul', ['joined', 'joined'], ['squares']),
    makeNode('Sub', ['squares', 'joined'], ['y']),
  ],
  inputs: { x: [2, 2, 4, 3], w: [2, 2, 3, 3] },
  forward: (of) => {
    const shared = convolution(of('x'), of('w'), undefined, same(3));
    const bent = map(shared, Math.tanh);
    const again = convolution(shared, of('w'), undefined, same(3));
    const joined = concat([bent, zip(shared, again, (a, b) => a * b), bent]);
    return map(joined, (value) => value * value - value);
  },
};

describe('the gradients of a whole network equal the reference:', () => {
  it.each([
    ['two inception modules with an auxiliary classifier and batch normalization', inception],
    ['factorized convolutions, a grid reduction and a fork', factorized],
    ['values with several consumers', manyReaders],
  ])('%s', async (_, gradientCase) => checkGradient(gradientCase));
});
