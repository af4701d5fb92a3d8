import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import type { Graph } from '../../../model/graph/graph.ts';
import { removeUnusedNodes } from '../../../model/passes/remove-unused-nodes.ts';
import { simplifyReshape } from '../../../model/passes/simplify-reshape.ts';
import { inferValueTypes } from '../../../model/passes/value-types.ts';
import { expectSameOutput } from '../../support/expect-same-output.ts';
import { Sketch } from '../../support/sketch.ts';

/** A Reshape of the input to a shape that the callback computes. */
function reshaped(shapeOf: (sketch: Sketch) => string, { opset = 13, rank = 2 } = {}): Graph {
  const sketch = new Sketch({ opset });
  const value = sketch.node('Reshape', [sketch.node('Relu', ['x']), shapeOf(sketch)]);
  return sketch.graph({ name: 'x', shape: ['N', 6, 2, 2] }, { value, shape: new Array(rank).fill('') });
}

const concat = (sketch: Sketch, ...values: string[]) => sketch.node('Concat', values, [intAttribute('axis', 0)]);

/** One axis of a value's shape, as a list of one number. */
function axis(sketch: Sketch, value: string, index: number): string {
  const shape = sketch.node('Shape', [value]);
  const size = sketch.node('Gather', [shape, sketch.ints([index], [])], [intAttribute('axis', 0)]);
  return sketch.opset < 13
    ? sketch.node('Unsqueeze', [size], [intsAttribute('axes', [0])])
    : sketch.node('Unsqueeze', [size, sketch.ints([0])]);
}

async function simplified(before: Graph) {
  const { graph, modified } = simplifyReshape(before, await inferValueTypes(before, new Map([['x', [1, 6, 2, 2]]])));
  return { graph: removeUnusedNodes(graph).graph, modified };
}

const operators = ({ nodes }: Graph) => nodes.map(({ opType }) => opType);

describe('simplifying a Reshape', () => {
  it.each<[string, Graph]>([
    ['x.view(x.size(0), -1)', reshaped((sketch) => concat(sketch, axis(sketch, 'x', 0), sketch.ints([-1])))],
    [
      'x.view(x.size(0), -1) in operator set 9',
      reshaped((sketch) => concat(sketch, axis(sketch, 'x', 0), sketch.ints([-1])), { opset: 9 }),
    ],
    [
      'the batch sliced from a shape',
      reshaped((sketch) => {
        const batch = sketch.node('Slice', [sketch.node('Shape', ['x']), sketch.ints([0]), sketch.ints([1])]);
        return concat(sketch, batch, sketch.ints([24]));
      }),
    ],
    [
      'the batch from the attributes of Shape',
      reshaped(
        (sketch) =>
          concat(
            sketch,
            sketch.node('Shape', ['x'], [intAttribute('start', 0), intAttribute('end', 1)]),
            sketch.ints([24]),
          ),
        { opset: 15 },
      ),
    ],
    [
      'the product of the other axes',
      reshaped((sketch) => {
        const plane = sketch.node('Mul', [axis(sketch, 'x', 2), axis(sketch, 'x', 3)]);
        return concat(sketch, axis(sketch, 'x', 0), sketch.node('Mul', [axis(sketch, 'x', 1), plane]));
      }),
    ],
  ])('replaces a Reshape to %s by a Flatten', async (_, before) => {
    const { graph } = await simplified(before);
    expect(operators(graph)).toEqual(['Relu', 'Flatten']);
    await expectSameOutput(before, graph, { batch: 3, tolerance: 0 });
  });

  it('computes a constant shape for groups of channels that works for every batch', async () => {
    const before = reshaped(
      (sketch) => {
        const half = sketch.node('Div', [axis(sketch, 'x', 1), sketch.ints([2])]);
        return concat(sketch, axis(sketch, 'x', 0), sketch.ints([2]), half, axis(sketch, 'x', 2), axis(sketch, 'x', 3));
      },
      { rank: 5 },
    );
    const { graph } = await simplified(before);
    expect(operators(graph)).toEqual(['Relu', 'Reshape']);
    await expectSameOutput(before, graph, { batch: 3, tolerance: 0 });
  });

  it.each<[string, Graph]>([
    ['a constant shape', reshaped((sketch) => sketch.ints([-1, 24]))],
    ['a batch on another axis', reshaped((sketch) => concat(sketch, sketch.ints([24]), axis(sketch, 'x', 0)))],
    [
      'a multiple of the batch',
      reshaped((sketch) =>
        concat(sketch, sketch.node('Mul', [axis(sketch, 'x', 0), sketch.ints([2])]), sketch.ints([12])),
      ),
    ],
  ])('leaves a Reshape to %s unchanged', async (_, before) => {
    expect((await simplified(before)).modified).toBe(false);
  });
});
