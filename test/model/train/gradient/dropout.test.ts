import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { emptyGraph, type Graph } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import { elementType } from '../../../../model/onnx/element-type.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';
import { differentiate } from '../../../../model/train/gradient/differentiate.ts';
import { seededRandom } from '../../../../shared/random/seeded-random.ts';
import { type Array64, made, map, zip } from './reference/array.ts';
import { dropout } from './reference/layers.ts';
import { floatsOf, runGraph, shapesOf } from './run-graph.ts';

const shape = [6, 50];

/** Σ c · y with y = dropout(x) in training mode. @param ratio undefined for the operator's default */
function dropoutGraph(ratio: number | undefined, output: readonly string[]): Graph {
  return {
    ...emptyGraph('dropout', { irVersion: 8, opset: 17 }),
    inputs: [makeValue('x', 'float', shape), makeValue('c', 'float', shape)],
    nodes: [
      makeNode('Dropout', ['x', ratio === undefined ? '' : 'ratio', 'trains'], output),
      makeNode('Mul', ['y', 'c'], ['cy']),
      makeNode('ReduceSum', ['cy'], ['sum']),
      makeNode('Squeeze', ['sum'], ['loss']),
    ],
    initializers: new Map([
      ['ratio', makeTensor('ratio', [], Float32Array.of(ratio ?? 0))],
      ['trains', { ...makeTensor('trains', [], Uint8Array.of(1)), dataType: elementType.bool }],
    ]),
  };
}

describe('the gradient of dropout in training mode', () => {
  it.each([
    { ratio: 0.4, share: 0.4 },
    { ratio: 0.7, share: 0.7 },
    { ratio: undefined, share: 0.5 },
  ])('is 0 for dropped features, and scaled like the kept ones, with ratio $ratio', async ({ ratio, share }) => {
    const random = seededRandom(5);
    const [x, c] = [made(shape, () => 2 * random() - 1), made(shape, () => 2 * random() - 1)].map(rounded);
    if (x === undefined || c === undefined) throw new Error('expected two arrays');
    const source = dropoutGraph(ratio, ['y', 'mask']);
    const feeds = { x: tensorOf(x), c: tensorOf(c) };
    const { graph, gradients } = differentiate(source, await shapesOf(source, feeds), 'loss', ['x']);
    const gradient = gradients.get('x') ?? '';
    // The mask is different in every run, so it must come from the same run as the gradient.
    const results = await runGraph(graph, ['y', 'mask', gradient], feeds);
    const mask: Array64 = { shape, data: Float64Array.from(results['mask']?.data ?? [], Number) };
    expect(new Set(mask.data)).toEqual(new Set([0, 1]));

    const expected = dropout(x, mask, share);
    expect(maxDifference(floatsOf(results, 'y'), expected)).toBeLessThan(1e-5);
    // Each y depends on one x, so all finite differences can be computed together.
    const step = 1e-5;
    const shifted = (change: number) =>
      dropout(
        map(x, (value) => value + change),
        mask,
        share,
      );
    const slopes = zip(shifted(step), shifted(-step), (above, below) => (above - below) / (2 * step));
    const differences = zip(slopes, c, (slope, weight) => slope * weight);
    expect(maxDifference(floatsOf(results, gradient), differences)).toBeLessThan(1e-5);
  });

  const known = new Map<string, readonly number[]>([
    ...['x', 'c', 'y', 'cy'].map((name) => [name, shape] as const),
    ['sum', [1, 1]],
    ['loss', []],
  ]);

  it('is rejected if the training mode is computed', () => {
    const source = dropoutGraph(0.4, ['y', 'mask']);
    const { trains, ...others } = Object.fromEntries(source.initializers);
    if (trains === undefined) throw new Error('expected a flag');
    const computed: Graph = {
      ...source,
      nodes: [makeNode('Identity', ['flag'], ['trains']), ...source.nodes],
      initializers: new Map(Object.entries({ ...others, flag: { ...trains, name: 'flag' } })),
    };
    expect(() => differentiate(computed, known, 'loss', ['x'])).toThrow(
      'Dropout node with output y has no derivative in this form: its training mode must be a constant',
    );
  });

  it('is rejected without an output of the mask', () => {
    const source = dropoutGraph(0.4, ['y']);
    expect(() => differentiate(source, known, 'loss', ['x'])).toThrow(
      'Dropout node with output y has no derivative in this form: the mask must be one of its outputs',
    );
  });
});

function tensorOf({ data }: Array64): Tensor {
  return new Tensor('float32', Float32Array.from(data), shape);
}

function rounded(array: Array64): Array64 {
  return map(array, Math.fround);
}

function maxDifference(received: Float32Array, { data }: Array64): number {
  expect(received.length).toBe(data.length);
  return data.reduce((max, value, index) => Math.max(max, Math.abs(value - (received[index] ?? Number.NaN))), 0);
}
