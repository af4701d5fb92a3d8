import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../../model/graph/attribute.ts';
import { emptyGraph, type Graph, modelOf } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import { encodeModel } from '../../../../model/onnx/model-file.ts';
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

  it('pass where dropout let a feature pass, raised by as much', async () => {
    const source: Graph = {
      ...emptyGraph('dropout', { irVersion: 8, opset: 17 }),
      inputs: [makeValue('x', 'float', [4, 50])],
      outputs: [makeValue('y', 'float', [4, 50])],
      nodes: [
        makeNode('Dropout', ['x', 'ratio', 'trains'], ['y', 'mask']),
        makeNode('ReduceSum', ['y'], ['sum']),
        makeNode('Squeeze', ['sum'], ['loss']),
      ],
      initializers: new Map([
        ['ratio', makeTensor('ratio', [], Float32Array.of(0.4))],
        ['trains', { ...makeTensor('trains', [], Uint8Array.of(1)), dataType: 9 }],
      ]),
    };
    const known = { x: [4, 50], y: [4, 50], mask: [4, 50], sum: [1, 1], loss: [] };
    const { graph, gradients } = differentiate(source, new Map(Object.entries(known)), 'loss', ['x']);
    const name = gradients.get('x') ?? '';
    const outputs = [...graph.outputs, makeValue(name, 'float', [4, 50])];
    const session = await InferenceSession.create(encodeModel(modelOf({ ...graph, outputs })), { logSeverityLevel: 4 });
    const results = await session.run({ x: new Tensor('float32', new Float32Array(200).fill(1), [4, 50]) });
    await session.release();
    // Of ones, what is let pass is its own gradient.
    expect(results[name]?.data).toEqual(results['y']?.data);
    const kept = Array.from(results['y']?.data ?? [], Number);
    expect(new Set(kept)).toEqual(new Set([0, Math.fround(1 / Math.fround(0.6))]));
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
