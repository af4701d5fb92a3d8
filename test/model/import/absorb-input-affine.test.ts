import { expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import type { Graph } from '../../../model/graph/graph.ts';
import { absorbInputAffine } from '../../../model/import/input/absorb-input-affine.ts';
import { removeUnusedNodes } from '../../../model/passes/remove-unused-nodes.ts';
import { expectSame, runGraph, wave } from '../../support/run-graph.ts';
import { Sketch } from '../../support/sketch.ts';

type Take = (sketch: Sketch, channel: number) => string;
type Change = (sketch: Sketch, value: string, channel: number) => string;

const axis = intAttribute('axis', 1);
const gather: Take = (sketch, channel) => {
  const plane = sketch.node('Gather', ['x', sketch.ints([channel], [])], [axis]);
  return sketch.node('Unsqueeze', [plane, sketch.ints([1])]);
};
const gatherList: Take = (sketch, channel) => sketch.node('Gather', ['x', sketch.ints([channel])], [axis]);
const slice: Take = (sketch, channel) =>
  sketch.node('Slice', ['x', sketch.ints([channel]), sketch.ints([channel + 1]), sketch.ints([1])]);
const scaledAndShifted: Change = (sketch, value, channel) => {
  const scaled = sketch.node('Mul', [value, sketch.float(0.5 + channel)]);
  return sketch.node('Sub', [sketch.float(0.1 * channel), sketch.node('Div', [scaled, sketch.float(0.7)])]);
};

/** A network that takes the channels apart, changes each and reads them together. */
function branches(take: Take, channels: readonly number[] = [0, 1, 2], change = scaledAndShifted): Graph {
  return network((sketch) => {
    const values = channels.map((channel) => change(sketch, take(sketch, channel), channel));
    return sketch.node('Concat', values, [axis]);
  }, channels.length);
}

/** A network that reads what `head` makes of its image `x`, [N, 3, 4, 4]. */
function network(head: (sketch: Sketch) => string, channels = 3, read: Change = relu): Graph {
  const sketch = new Sketch({ opset: 13 });
  const value = read(sketch, head(sketch), 0);
  return sketch.graph({ name: 'x', shape: ['N', 3, 4, 4] }, { value, shape: ['N', channels, 4, 4] });
}

function relu(sketch: Sketch, value: string): string {
  return sketch.node('Relu', [value]);
}

const planes = (sketch: Sketch, ...values: number[]) => sketch.tensor([1, 3, 1, 1], values);
const plain: Parameters<typeof absorbInputAffine>[1] = { mean: [0, 0, 0], scale: [1, 1, 1] };
const shape = [2, 3, 4, 4];
const pixels = wave(96, 1).map((value) => 100 * value + 128);

it.each<[string, Graph, string[]]>([
  ['channels taken apart by Gather and Unsqueeze', branches(gather), ['Relu']],
  ['channels taken apart by Gather of a list', branches(gatherList), ['Relu']],
  ['channels taken apart by Slice', branches(slice), ['Relu']],
  [
    'a mean and a deviation of each channel',
    network((sketch) =>
      sketch.node('Div', [sketch.node('Sub', ['x', planes(sketch, 104, 117, 123)]), planes(sketch, 58, 57, 56)]),
    ),
    ['Relu'],
  ],
  [
    'arithmetic after a Transpose, which stays',
    network(
      (sketch) => {
        const last = sketch.node('Transpose', ['x'], [intsAttribute('perm', [0, 2, 3, 1])]);
        return sketch.node('Sub', [last, sketch.tensor([3], [104, 117, 123])]);
      },
      3,
      (sketch, value) => sketch.node('Transpose', [relu(sketch, value)], [intsAttribute('perm', [0, 3, 1, 2])]),
    ),
    ['Transpose', 'Relu', 'Transpose'],
  ],
  [
    'the arithmetic before a factor of 0',
    network((sketch) =>
      sketch.node('Mul', [sketch.node('Sub', ['x', planes(sketch, 1, 2, 3)]), planes(sketch, 0, 1, 1)]),
    ),
    ['Mul', 'Relu'],
  ],
  [
    'the arithmetic before two readers',
    network(
      (sketch) => sketch.node('Sub', ['x', planes(sketch, 1, 2, 3)]),
      3,
      (sketch, value) => sketch.node('Max', [relu(sketch, value), sketch.node('Mul', [value, sketch.float(2)])]),
    ),
    ['Relu', 'Mul', 'Max'],
  ],
])('moves %s into the normalization of the image', async (_, before, operators) => {
  const { graph, mean, scale } = absorbInputAffine(before, plain, 'RGB');
  const after = removeUnusedNodes(graph).graph;
  expect(after.nodes.map(({ opType }) => opType)).toEqual(operators);
  const channel = (at: number) => Math.floor(at / 16) % 3;
  const normalized = pixels.map((value, at) => (scale[channel(at)] ?? 0) * (value - (mean[channel(at)] ?? 0)));
  const expected = await runGraph(before, { x: { shape, data: pixels } });
  expectSame(await runGraph(after, { x: { shape, data: normalized } }), expected);
});

it('composes with the normalization of the image, in the color order of the network', () => {
  const before = network((sketch) =>
    sketch.node('Mul', [sketch.node('Add', ['x', planes(sketch, 1, 2, 3)]), sketch.float(2)]),
  );
  const given: typeof plain = { mean: [10, 20, 30], scale: [0.5, 0.25, 0.125] };
  // 2 · (0.5 · (pixel − 10) + b) = 1 · (pixel − (10 − 2 b)), where b is 1, 2, 3 in RGB and 3, 2, 1 in BGR.
  expect(absorbInputAffine(before, given, 'RGB')).toMatchObject({ mean: [8, 12, 6], scale: [1, 0.5, 0.25] });
  expect(absorbInputAffine(before, given, 'BGR')).toMatchObject({ mean: [4, 12, 22], scale: [1, 0.5, 0.25] });
});

it.each<[string, Graph]>([
  ['channels in another order', branches(gather, [2, 1, 0])],
  ['some of the channels', branches(gather, [0, 1])],
  ['a channel twice', branches(gather, [0, 1, 1])],
  ['a root of a channel', branches(gather, [0, 1, 2], (sketch, value) => sketch.node('Sqrt', [value]))],
  [
    'a factor per pixel',
    branches(gather, [0, 1, 2], (sketch, value) => sketch.node('Mul', [value, sketch.weights([4, 4], 1)])),
  ],
  ['a constant divided by the pixels', network((sketch) => sketch.node('Div', [sketch.float(2), 'x']))],
  ['the image times itself', network((sketch) => sketch.node('Mul', ['x', 'x']))],
  ['a factor of 0', network((sketch) => sketch.node('Mul', ['x', planes(sketch, 1, 0, 1)]))],
  [
    'arithmetic beside a reader of the image',
    network((sketch) => sketch.node('Max', ['x', sketch.node('Mul', ['x', sketch.float(2)])])),
  ],
  [
    'arithmetic whose result is the output',
    network(
      (sketch) => sketch.node('Sub', ['x', sketch.float(2)]),
      3,
      (_, value) => value,
    ),
  ],
])('leaves %s in the network', (_, before) => {
  expect(absorbInputAffine(before, plain, 'RGB')).toEqual({ ...plain, graph: before });
});
