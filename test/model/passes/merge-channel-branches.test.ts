import { describe, expect, it } from 'vitest';
import { intAttribute } from '../../../model/graph/attribute.ts';
import type { Graph } from '../../../model/graph/graph.ts';
import { mergeChannelBranches } from '../../../model/passes/merge-channel-branches.ts';
import { removeUnusedNodes } from '../../../model/passes/remove-unused-nodes.ts';
import { inferValueTypes } from '../../../model/passes/value-types.ts';
import { expectSameOutput } from '../../support/expect-same-output.ts';
import { Sketch } from '../../support/sketch.ts';

type Take = (sketch: Sketch, channel: number) => string;

const gather: Take = (sketch, channel) => {
  const plane = sketch.node('Gather', ['x', sketch.ints([channel], [])], [intAttribute('axis', 1)]);
  return sketch.node('Unsqueeze', [plane, sketch.ints([1])]);
};
const gatherList: Take = (sketch, channel) =>
  sketch.node('Gather', ['x', sketch.ints([channel])], [intAttribute('axis', 1)]);
const slice: Take = (sketch, channel) =>
  sketch.node('Slice', ['x', sketch.ints([channel]), sketch.ints([channel + 1]), sketch.ints([1])]);

function branches(take: Take, channels: readonly number[] = [0, 1, 2], affine = scaledAndShifted): Graph {
  const sketch = new Sketch({ opset: 13 });
  const values = channels.map((channel) => affine(sketch, take(sketch, channel), channel));
  const value = sketch.node('Relu', [sketch.node('Concat', values, [intAttribute('axis', 1)])]);
  return sketch.graph({ name: 'x', shape: ['N', 3, 4, 4] }, { value, shape: ['N', channels.length, 4, 4] });
}

function scaledAndShifted(sketch: Sketch, value: string, channel: number): string {
  const scaled = sketch.node('Mul', [value, sketch.float(0.5 + channel)]);
  return sketch.node('Sub', [sketch.float(0.1 * channel), sketch.node('Div', [scaled, sketch.float(0.7)])]);
}

async function merged(before: Graph) {
  const types = await inferValueTypes(before, new Map([['x', [1, 3, 4, 4]]]));
  const { graph, modified } = mergeChannelBranches(before, types);
  return { graph: removeUnusedNodes(graph).graph, modified };
}

describe('merging arithmetic on separate channels', () => {
  it.each<[string, Take]>([
    ['Gather and Unsqueeze', gather],
    ['Gather of a list', gatherList],
    ['Slice', slice],
  ])('makes one Mul and one Add of channels selected by %s', async (_, take) => {
    const before = branches(take);
    const { graph } = await merged(before);
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Mul', 'Add', 'Relu']);
    await expectSameOutput(before, graph, { batch: 2 });
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
  ])('leaves %s unchanged', async (_, before) => {
    expect((await merged(before)).modified).toBe(false);
  });
});
