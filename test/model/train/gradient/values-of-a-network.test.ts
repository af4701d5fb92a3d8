import { Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { emptyGraph, type Graph } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import { differentiate } from '../../../../model/train/gradient/differentiate.ts';
import { floatsOf, runGraph } from './run-graph.ts';

const x = [0.5, -2, 3];
const known = new Map<string, readonly number[]>([
  ['x', [3]],
  ['square', [3]],
  ['cube', [3]],
  ['sum_kept', [1]],
  ['sum', []],
  ['mean_kept', [1]],
  ['mean', []],
]);

/** The sum of the cubes, computed as squares times x, and the mean of the squares. */
function cubes(): Graph {
  return {
    ...emptyGraph('cubes', { irVersion: 8, opset: 17 }),
    inputs: [makeValue('x', 'float', [3])],
    nodes: [
      makeNode('Mul', ['x', 'x'], ['square']),
      makeNode('Mul', ['square', 'x'], ['cube']),
      makeNode('ReduceSum', ['cube'], ['sum_kept']),
      makeNode('Squeeze', ['sum_kept'], ['sum']),
      makeNode('ReduceMean', ['square'], ['mean_kept']),
      makeNode('Squeeze', ['mean_kept'], ['mean']),
    ],
  };
}

async function numbersOf(graph: Graph, names: readonly string[]): Promise<number[][]> {
  const results = await runGraph(graph, names, { x: new Tensor('float32', Float32Array.from(x), [3]) });
  return names.map((name) => [...floatsOf(results, name)]);
}

it('the gradient with respect to an intermediate value treats it as a variable, and that of the loss is 1', async () => {
  const { graph, gradients } = differentiate(cubes(), known, 'sum', ['x', 'square', 'cube', 'sum']);
  const [ofX, ofSquare, ofCube, ofSum] = await numbersOf(graph, [...gradients.values()]);
  expect(ofX).toEqual(x.map((value) => 3 * value ** 2));
  expect(ofSquare).toEqual(x);
  expect(ofCube).toEqual([1, 1, 1]);
  expect(ofSum).toEqual([1]);
});

it('the gradients of a second loss can be added to a graph', async () => {
  const first = differentiate(cubes(), known, 'sum', ['x']);
  const second = differentiate(first.graph, first.shapes, 'mean', ['x']);
  const names = [first, second].map(({ gradients }) => gradients.get('x') ?? '');
  const [ofSum, ofMean] = await numbersOf(second.graph, names);
  expect(ofSum).toEqual(x.map((value) => 3 * value ** 2));
  expect(ofMean).toEqual(x.map((value) => Math.fround((2 / 3) * value)));
});
