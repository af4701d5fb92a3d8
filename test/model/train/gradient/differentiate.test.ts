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

describe('the gradients of a network', () => {
  it('add up where branches of an inception module share their input, and losses their features', async () => {
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

  it('are zeros by a weight that the loss does not depend on', () => {
    const { graph, gradients } = differentiate(square(), new Map([...shapes, ['other', [3]]]), 'loss', ['x', 'other']);
    expect([...(graph.initializers.get(gradients.get('other') ?? '')?.rawData ?? [])]).toEqual(Array(12).fill(0));
  });

  it('name the operator that has no derivative', () => {
    const graph = square();
    const rooted = { ...graph, nodes: [makeNode('Erf', ['x'], ['x2'], { name: 'odd' }), ...graph.nodes.slice(1)] };
    expect(() => differentiate(rooted, shapes, 'loss', ['x'])).toThrow(
      /^Erf node odd has no derivative: expected one of Conv, /,
    );
  });

  it('need no derivative of what the loss does not depend on', () => {
    const graph = square();
    const watched = { ...graph, nodes: [...graph.nodes, makeNode('Erf', ['x'], ['watched'])] };
    const { gradients } = differentiate(watched, new Map([...shapes, ['watched', [2]]]), 'loss', ['x']);
    expect(gradients.has('x')).toBe(true);
  });

  it('need no derivative of what does not depend on a weight', () => {
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
    ['an image of one axis', 'Conv', [1, 2, 5], 'an image of two axes'],
    ['a pool of an image of three axes', 'GlobalAveragePool', [1, 2, 3, 3, 3], 'an image of two axes'],
  ])('are refused for %s', (_, operator, shape, expected) => {
    const inputs = operator === 'Conv' ? ['x', 'w'] : ['x'];
    const known = new Map([...shapes, ['x', shape], ['w', [2, 2, 3]], ['x2', shape]]);
    const nodes = [makeNode(operator, inputs, ['x2']), ...square().nodes.slice(1)];
    expect(() => differentiate({ ...square(), nodes }, known, 'loss', ['x'])).toThrow(
      `${operator} node with output x2 has no derivative here: expected ${expected}`,
    );
  });

  it.each([
    ['with weights of classes', ['x', 'labels', 'weights'], []],
    ['that ignores a class', ['x', 'labels'], [intAttribute('ignore_index', 1)]],
    ['of each image', ['x', 'labels'], [stringAttribute('reduction', 'none')]],
  ])('are refused for a loss %s', (_, inputs, own) => {
    const nodes = [makeNode('SoftmaxCrossEntropyLoss', inputs, ['loss'], { attributes: own })];
    const known = new Map([...shapes, ['x', [4, 5]], ['labels', [4]], ['weights', [5]]]);
    expect(() => differentiate({ ...square(), nodes }, known, 'loss', ['x'])).toThrow(
      /^SoftmaxCrossEntropyLoss node with output loss has no derivative here: expected scores \[N, classes\], no weights/,
    );
  });

  it('are refused by the second output of a node', () => {
    const nodes = [
      makeNode('SoftmaxCrossEntropyLoss', ['x', 'labels'], ['one', 'logarithms']),
      makeNode('ReduceSum', ['logarithms'], ['sum']),
      makeNode('Squeeze', ['sum'], ['loss']),
    ];
    const known = new Map([...shapes, ['x', [4, 5]], ['labels', [4]], ['one', []], ['logarithms', [4, 5]]]);
    expect(() => differentiate({ ...square(), nodes }, known, 'loss', ['x'])).toThrow(
      'SoftmaxCrossEntropyLoss node with output one has no derivative by its output logarithms',
    );
  });

  it.each([
    ['a momentum', ['y', 'm', 'v'], 0.9],
    ['no statistics among its outputs', ['y'], 0],
  ])('are refused for a batch normalization that trains with %s', (_, outputs, momentum) => {
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
      'BatchNormalization node with output y has no derivative here: expected a momentum of 0',
    );
  });

  it.each(['mean', 'variance'])('are refused by the fixed %s of a batch normalization', (by) => {
    const nodes = [
      makeNode('BatchNormalization', ['x', 'gamma', 'beta', 'mean', 'variance'], ['y']),
      makeNode('ReduceSum', ['y'], ['sum']),
      makeNode('Squeeze', ['sum'], ['loss']),
    ];
    const perChannel = ['gamma', 'beta', 'mean', 'variance'].map((name) => [name, [3]] as const);
    const known = new Map([...shapes, ...perChannel, ['x', [2, 3]], ['y', [2, 3]]]);
    expect(() => differentiate({ ...square(), nodes }, known, 'loss', [by])).toThrow(
      'BatchNormalization node with output y has no derivative here: expected a mean and variance that nothing is learnt of',
    );
  });

  it('are refused for a sum over axes that are computed', () => {
    const nodes = [makeNode('ReduceSum', ['x', 'axes'], ['sum']), makeNode('Squeeze', ['sum'], ['loss'])];
    expect(() => differentiate({ ...square(), nodes }, new Map([...shapes, ['axes', [1]]]), 'loss', ['x'])).toThrow(
      'ReduceSum node with output sum has no derivative here: expected axes that are a constant of the graph',
    );
  });

  it('do not go through an operator of another domain', () => {
    const [first = makeNode('Mul', [], []), ...rest] = square().nodes;
    const foreign = { ...square(), nodes: [{ ...first, domain: 'com.example' }, ...rest] };
    expect(() => differentiate(foreign, shapes, 'loss', ['x'])).toThrow(
      /^com.example.Mul node with output x2 has no derivative/,
    );
  });

  it('do not go to integers', () => {
    const nodes = [makeNode('SoftmaxCrossEntropyLoss', ['x', 'labels'], ['loss'])];
    const known = new Map([...shapes, ['x', [4, 5]], ['labels', [4]]]);
    const { graph, gradients } = differentiate({ ...square(), nodes }, known, 'loss', ['x']);
    expect([...gradients.keys()]).toEqual(['x']);
    expect(graph.nodes.filter(({ input }) => input.includes('labels')).map(({ opType }) => opType)).toEqual([
      'SoftmaxCrossEntropyLoss',
      'OneHot',
    ]);
  });

  it('leave the values of the network as they are', () => {
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
