import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';
import { differentiate } from '../../../../model/train/gradient/differentiate.ts';
import { checkGradient } from './check-gradient.ts';
import { map, zip } from './reference/array.ts';
import { concat, crossEntropy, matMul } from './reference/layers.ts';
import { convolution, globalAverage, maxPool } from './reference/windows.ts';

const window = (kernel: number, padding: number) => ({
  kernel: [kernel, kernel] as const,
  pads: [padding, padding, padding, padding] as const,
});
const attributes = (kernel: number, padding: number) => ({
  attributes: [
    intsAttribute('kernel_shape', [kernel, kernel]),
    intsAttribute('pads', [padding, padding, padding, padding]),
  ],
});

describe('differentiate', () => {
  it('sums the gradients of inception branches with the same input, and of losses with the same features', async () => {
    const labels = [2, 0];
    const relu = (value: number) => Math.max(0, value);
    await checkGradient({
      nodes: [
        makeNode('Conv', ['x', 'one'], ['a'], attributes(1, 0)),
        makeNode('Relu', ['a'], ['branch1']),
        makeNode('Conv', ['x', 'three'], ['b'], attributes(3, 1)),
        makeNode('Relu', ['b'], ['branch3']),
        makeNode('MaxPool', ['x'], ['pooled'], attributes(3, 1)),
        makeNode('Concat', ['branch1', 'branch3', 'pooled', 'x'], ['module'], {
          attributes: [intAttribute('axis', 1)],
        }),
        makeNode('GlobalAveragePool', ['module'], ['means']),
        makeNode('Flatten', ['means'], ['features']),
        makeNode('MatMul', ['features', 'last'], ['scores']),
        makeNode('SoftmaxCrossEntropyLoss', ['scores', 'labels'], ['main']),
        makeNode('MatMul', ['features', 'side'], ['others']),
        makeNode('SoftmaxCrossEntropyLoss', ['others', 'labels'], ['auxiliary']),
        makeNode('Mul', ['auxiliary', 'weight'], ['weighted']),
        makeNode('Add', ['main', 'weighted'], ['y']),
      ],
      inputs: { x: [2, 2, 4, 3], one: [3, 2, 1, 1], three: [2, 2, 3, 3], last: [9, 3], side: [9, 3] },
      integers: { labels },
      constants: [makeTensor('weight', [], Float32Array.of(0.3))],
      forward: (of) => {
        const x = of('x');
        const branches = [
          convolution(x, of('one'), undefined, window(1, 0)),
          convolution(x, of('three'), undefined, window(3, 1)),
        ];
        const joined = concat([...branches.map((branch) => map(branch, relu)), maxPool(x, window(3, 1)), x]);
        const features = { ...globalAverage(joined), shape: [2, 9] };
        const losses = [of('last'), of('side')].map((weights) => crossEntropy(matMul(features, weights), labels));
        const [main, side] = losses;
        if (main === undefined || side === undefined) throw new Error('expected two losses');
        return zip(
          main,
          map(side, (value) => value * Math.fround(0.3)),
          (a, b) => a + b,
        );
      },
    });
  });

  it('gives zeros for a weight that the loss does not depend on', () => {
    const { graph, gradients } = differentiate(square(), new Map([...shapes, ['other', [3]]]), 'loss', ['x', 'other']);
    expect([...(graph.initializers.get(gradients.get('other') ?? '')?.rawData ?? [])]).toEqual(Array(12).fill(0));
  });

  it('names an operator without a derivative', () => {
    const graph = square();
    const rooted = { ...graph, nodes: [makeNode('Erf', ['x'], ['x2'], { name: 'odd' }), ...graph.nodes.slice(1)] };
    expect(() => differentiate(rooted, shapes, 'loss', ['x'])).toThrow(
      /^Erf node odd has no derivative; supported operators: Conv, /,
    );
  });

  it('needs no derivative of a node that the loss does not depend on', () => {
    const graph = square();
    const watched = { ...graph, nodes: [...graph.nodes, makeNode('Erf', ['x'], ['watched'])] };
    const { gradients } = differentiate(watched, new Map([...shapes, ['watched', [2]]]), 'loss', ['x']);
    expect(gradients.has('x')).toBe(true);
  });

  it('needs no derivative of a node that does not depend on a weight', () => {
    const graph = square();
    const fixed = {
      ...graph,
      nodes: [makeNode('Erf', ['u'], ['v']), ...graph.nodes],
      inputs: [...graph.inputs, makeValue('u', 'float', [2])],
    };
    expect(differentiate(fixed, new Map([...shapes, ['u', [2]], ['v', [2]]]), 'loss', ['x']).gradients.has('x')).toBe(
      true,
    );
  });

  it.each([
    ['a convolution with one spatial axis', 'Conv', [1, 2, 5]],
    ['a pool with three spatial axes', 'GlobalAveragePool', [1, 2, 3, 3, 3]],
  ])('rejects %s', (_, operator, shape) => {
    const inputs = operator === 'Conv' ? ['x', 'w'] : ['x'];
    const known = new Map([...shapes, ['x', shape], ['w', [2, 2, 3]], ['x2', shape]]);
    const nodes = [makeNode(operator, inputs, ['x2']), ...square().nodes.slice(1)];
    expect(() => differentiate({ ...square(), nodes }, known, 'loss', ['x'])).toThrow(
      `${operator} node with output x2 has no derivative in this form: images with two spatial axes are required`,
    );
  });

  it.each([
    ['with class weights', ['x', 'labels', 'weights'], []],
    ['that ignores a class', ['x', 'labels'], [intAttribute('ignore_index', 1)]],
    ['without a reduction', ['x', 'labels'], [stringAttribute('reduction', 'none')]],
  ])('rejects a loss %s', (_, inputs, form) => {
    const nodes = [makeNode('SoftmaxCrossEntropyLoss', inputs, ['loss'], { attributes: form })];
    const known = new Map([...shapes, ['x', [4, 5]], ['labels', [4]], ['weights', [5]]]);
    expect(() => differentiate({ ...square(), nodes }, known, 'loss', ['x'])).toThrow(
      /^SoftmaxCrossEntropyLoss node with output loss has no derivative in this form: scores \[N, classes\], no class weights/,
    );
  });

  it('rejects a loss of the second output of a node', () => {
    const nodes = [
      makeNode('SoftmaxCrossEntropyLoss', ['x', 'labels'], ['one', 'logarithms']),
      makeNode('ReduceSum', ['logarithms'], ['sum']),
      makeNode('Squeeze', ['sum'], ['loss']),
    ];
    const known = new Map([...shapes, ['x', [4, 5]], ['labels', [4]], ['one', []], ['logarithms', [4, 5]]]);
    expect(() => differentiate({ ...square(), nodes }, known, 'loss', ['x'])).toThrow(
      'SoftmaxCrossEntropyLoss node with output one has no derivative for its output logarithms',
    );
  });

  it.each([
    ['a momentum', ['y', 'm', 'v'], 0.9],
    ['no output of statistics', ['y'], 0],
  ])('rejects batch normalization in training mode with %s', (_, outputs, momentum) => {
    const nodes = [
      makeNode('BatchNormalization', ['x', 'gamma', 'beta', 'mean', 'variance'], outputs, {
        attributes: [intAttribute('training_mode', 1), floatAttribute('momentum', momentum)],
      }),
      makeNode('ReduceSum', ['y'], ['sum']),
      makeNode('Squeeze', ['sum'], ['loss']),
    ];
    const perChannel = ['gamma', 'beta', 'mean', 'variance', 'm', 'v'].map((name) => [name, [3]] as const);
    const known = new Map([...shapes, ...perChannel, ['x', [2, 3]], ['y', [2, 3]]]);
    expect(() => differentiate({ ...square(), nodes }, known, 'loss', ['x'])).toThrow(
      'BatchNormalization node with output y has no derivative in this form: in training mode, momentum 0',
    );
  });

  it.each(['mean', 'variance'])('rejects the %s of fixed batch normalization as a variable', (variable) => {
    const nodes = [
      makeNode('BatchNormalization', ['x', 'gamma', 'beta', 'mean', 'variance'], ['y']),
      makeNode('ReduceSum', ['y'], ['sum']),
      makeNode('Squeeze', ['sum'], ['loss']),
    ];
    const perChannel = ['gamma', 'beta', 'mean', 'variance'].map((name) => [name, [3]] as const);
    const known = new Map([...shapes, ...perChannel, ['x', [2, 3]], ['y', [2, 3]]]);
    expect(() => differentiate({ ...square(), nodes }, known, 'loss', [variable])).toThrow(
      'BatchNormalization node with output y has no derivative in this form: its mean and variance must not be trained',
    );
  });

  it('rejects a sum over computed axes', () => {
    const nodes = [makeNode('ReduceSum', ['x', 'axes'], ['sum']), makeNode('Squeeze', ['sum'], ['loss'])];
    expect(() => differentiate({ ...square(), nodes }, new Map([...shapes, ['axes', [1]]]), 'loss', ['x'])).toThrow(
      'ReduceSum node with output sum has no derivative in this form: its axes must be a constant',
    );
  });

  it('rejects an operator of another domain', () => {
    const [first = makeNode('Mul', [], []), ...rest] = square().nodes;
    const foreign = { ...square(), nodes: [{ ...first, domain: 'com.example' }, ...rest] };
    expect(() => differentiate(foreign, shapes, 'loss', ['x'])).toThrow(
      /^com.example.Mul node with output x2 has no derivative/,
    );
  });

  it('adds no gradients of integers', () => {
    const nodes = [makeNode('SoftmaxCrossEntropyLoss', ['x', 'labels'], ['loss'])];
    const known = new Map([...shapes, ['x', [4, 5]], ['labels', [4]]]);
    const { graph, gradients } = differentiate({ ...square(), nodes }, known, 'loss', ['x']);
    expect([...gradients.keys()]).toEqual(['x']);
    expect(graph.nodes.filter(({ input }) => input.includes('labels')).map(({ opType }) => opType)).toEqual([
      'SoftmaxCrossEntropyLoss',
      'OneHot',
    ]);
  });

  it('keeps the nodes of the network', () => {
    const { graph } = differentiate(square(), shapes, 'loss', ['x']);
    expect(graph.nodes.slice(0, 3)).toEqual(square().nodes);
    const names = graph.nodes.flatMap(({ output }) => output);
    expect(new Set(names).size).toBe(names.length);
  });
});

const shapes = new Map<string, readonly number[]>([
  ['x', [2]],
  ['x2', [2]],
  ['sum', [1]],
  ['loss', []],
]);

function square(): Graph {
  return {
    ...emptyGraph('square', { irVersion: 8, opset: 17 }),
    inputs: [makeValue('x', 'float', [2])],
    outputs: [makeValue('loss', 'float', [])],
    nodes: [
      makeNode('Mul', ['x', 'x'], ['x2']),
      makeNode('ReduceSum', ['x2'], ['sum']),
      makeNode('Squeeze', ['sum'], ['loss']),
    ],
  };
}
