import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../model/finetune/seeded-random.ts';
import { emptyGraph, type Graph } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import { elementType } from '../../../../model/onnx/element-type.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';
import { differentiate } from '../../../../model/train/gradient/differentiate.ts';
import { type Array64, made, map, zip } from './reference/array.ts';
import { dropout } from './reference/layers.ts';
import { floatsOf, runGraph, shapesOf } from './run-graph.ts';

const shape = [6, 50];

/** Σ c · y, where y is what dropout leaves of x. @param ratio as the operator's input; none for its default */
function trained(ratio: number | undefined, output: readonly string[]): Graph {
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

describe('the gradient of dropout while training', () => {
  it.each([
    { ratio: 0.4, share: 0.4 },
    { ratio: 0.7, share: 0.7 },
    { ratio: undefined, share: 0.5 },
  ])('of a ratio of $ratio passes where a feature was let pass, raised by as much', async ({ ratio, share }) => {
    const random = seededRandom(5);
    const [x, c] = [made(shape, () => 2 * random() - 1), made(shape, () => 2 * random() - 1)].map(rounded);
    if (x === undefined || c === undefined) throw new Error('expected two arrays');
    const source = trained(ratio, ['y', 'mask']);
    const feeds = { x: tensorOf(x), c: tensorOf(c) };
    const { graph, gradients } = differentiate(source, await shapesOf(source, feeds), 'loss', ['x']);
    const wanted = gradients.get('x') ?? '';
    // The mask that is drawn is another in every run; here it is that of the very run that gave the gradient.
    const results = await runGraph(graph, ['y', 'mask', wanted], feeds);
    const mask: Array64 = { shape, data: Float64Array.from(results['mask']?.data ?? [], Number) };
    expect(new Set(mask.data)).toEqual(new Set([0, 1]));

    const expected = dropout(x, mask, share);
    expect(furthest(floatsOf(results, 'y'), expected)).toBeLessThan(1e-5);
    // Each y depends on its own x alone, so that all differences can be taken at once.
    const step = 1e-5;
    const moved = (by: number) =>
      dropout(
        map(x, (value) => value + by),
        mask,
        share,
      );
    const slopes = zip(moved(step), moved(-step), (above, below) => (above - below) / (2 * step));
    const differences = zip(slopes, c, (slope, weight) => slope * weight);
    expect(furthest(floatsOf(results, wanted), differences)).toBeLessThan(1e-5);
  });

  const known = new Map<string, readonly number[]>([
    ...['x', 'c', 'y', 'cy'].map((name) => [name, shape] as const),
    ['sum', [1, 1]],
    ['loss', []],
  ]);

  it('is refused where whether it trains is not told by a constant', () => {
    const source = trained(0.4, ['y', 'mask']);
    const { trains, ...others } = Object.fromEntries(source.initializers);
    if (trains === undefined) throw new Error('expected a flag');
    const computed: Graph = {
      ...source,
      nodes: [makeNode('Identity', ['told'], ['trains']), ...source.nodes],
      initializers: new Map(Object.entries({ ...others, told: { ...trains, name: 'told' } })),
    };
    expect(() => differentiate(computed, known, 'loss', ['x'])).toThrow(
      'Dropout node with output y has no derivative here: expected a constant that says whether it trains',
    );
  });

  it('is refused without the mask that was drawn', () => {
    const source = trained(0.4, ['y']);
    expect(() => differentiate(source, known, 'loss', ['x'])).toThrow(
      'Dropout node with output y has no derivative here: expected the mask among its outputs',
    );
  });
});

function tensorOf({ data }: Array64): Tensor {
  return new Tensor('float32', Float32Array.from(data), shape);
}

function rounded(array: Array64): Array64 {
  return map(array, Math.fround);
}

/** Largest difference. */
function furthest(found: Float32Array, { data }: Array64): number {
  expect(found.length).toBe(data.length);
  return data.reduce((most, value, place) => Math.max(most, Math.abs(value - (found[place] ?? Number.NaN))), 0);
}
