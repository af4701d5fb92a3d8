import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import type { Graph } from '../../../model/graph/graph.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { elementType } from '../../../model/onnx/element-type.ts';
import { removeIdentity } from '../../../model/passes/remove-identity.ts';
import { removeUnusedNodes } from '../../../model/passes/remove-unused-nodes.ts';
import { inferValueTypes } from '../../../model/passes/value-types.ts';
import { expectSameOutput } from '../../support/expect-same-output.ts';
import { Sketch } from '../../support/sketch.ts';

type Follow = (sketch: Sketch, value: string) => string;

/** A Relu, the nodes that the callback adds, and a Neg. */
function between(follow: Follow, opset = 13): Graph {
  const sketch = new Sketch({ opset });
  const value = sketch.node('Neg', [follow(sketch, sketch.node('Relu', ['x']))]);
  return sketch.graph({ name: 'x', shape: ['N', 3, 4, 4] }, { value, shape: ['N', 3, 4, 4] });
}

const types = (graph: Graph) => inferValueTypes(graph, new Map([['x', [1, 3, 4, 4]]]));
const operators = ({ nodes }: Graph) => nodes.map(({ opType }) => opType);
const perm = (...order: number[]) => [intsAttribute('perm', order)];

describe('removing nodes that output their input', () => {
  it.each<[string, Follow]>([
    ['Identity', (sketch, value) => sketch.node('Identity', [value])],
    ['Identity after Identity', (sketch, value) => sketch.node('Identity', [sketch.node('Identity', [value])])],
    ['Concat of one', (sketch, value) => sketch.node('Concat', [value], [intAttribute('axis', 1)])],
    ['Sum of one', (sketch, value) => sketch.node('Sum', [value])],
    ['Pad by zero', (sketch, value) => sketch.node('Pad', [value, sketch.ints([0, 0, 0, 0, 0, 0, 0, 0])])],
    ['Transpose to the same order', (sketch, value) => sketch.node('Transpose', [value], perm(0, 1, 2, 3))],
    [
      'Transpose and its inverse',
      (sketch, value) =>
        sketch.node('Transpose', [sketch.node('Transpose', [value], perm(0, 2, 3, 1))], perm(0, 3, 1, 2)),
    ],
    ['Cast to float', (sketch, value) => sketch.node('Cast', [value], [intAttribute('to', elementType.float)])],
    ['Reshape to the same shape', (sketch, value) => sketch.node('Reshape', [value, sketch.ints([-1, 3, 4, 4])])],
    [
      'Slice of all elements',
      (sketch, value) => sketch.node('Slice', [value, sketch.ints([0]), sketch.ints([2 ** 31 - 1]), sketch.ints([0])]),
    ],
  ])('removes %s', async (_, follow) => {
    const before = between(follow);
    const { graph, modified } = removeIdentity(before, await types(before));
    expect(modified).toBe(true);
    const after = removeUnusedNodes(graph).graph;
    expect(operators(after)).toEqual(['Relu', 'Neg']);
    await expectSameOutput(before, after, { batch: 2, tolerance: 0 });
  });

  it('removes Pad by zero with the attribute of older operator sets', async () => {
    const before = between(
      (sketch, value) => sketch.node('Pad', [value], [intsAttribute('pads', [0, 0, 0, 0, 0, 0, 0, 0])]),
      9,
    );
    const { graph } = removeIdentity(before, await types(before));
    expect(operators(graph)).toEqual(['Relu', 'Neg']);
  });

  it('removes Flatten of a flat value', async () => {
    const sketch = new Sketch({ opset: 13 });
    const flat = sketch.node('Flatten', ['x'], [intAttribute('axis', 1)]);
    const value = sketch.node('Neg', [sketch.node('Flatten', [flat], [intAttribute('axis', 1)])]);
    const before = sketch.graph({ name: 'x', shape: ['N', 3, 4, 4] }, { value, shape: ['N', 48] });
    const { graph } = removeIdentity(before, await types(before));
    expect(operators(graph)).toEqual(['Flatten', 'Neg']);
    await expectSameOutput(before, graph, { batch: 3, tolerance: 0 });
  });

  it.each<[string, Follow]>([
    ['Max of two', (sketch, value) => sketch.node('Max', [value, sketch.float(0)])],
    ['Pad by one', (sketch, value) => sketch.node('Pad', [value, sketch.ints([0, 0, 1, 0, 0, 0, -1, 0])])],
    ['Transpose of the plane', (sketch, value) => sketch.node('Transpose', [value], perm(0, 1, 3, 2))],
    [
      'Slice backwards',
      (sketch, value) =>
        sketch.node('Slice', [value, sketch.ints([-1]), sketch.ints([-100]), sketch.ints([3]), sketch.ints([-1])]),
    ],
  ])('keeps %s', async (_, follow) => {
    const graph = between(follow);
    expect(removeIdentity(graph, await types(graph))).toEqual({ graph, modified: false });
  });

  it('keeps a Cast to another type, and a node that produces an output', async () => {
    const sketch = new Sketch({ opset: 13 });
    const whole = sketch.node('Cast', ['x'], [intAttribute('to', elementType.int32)]);
    const value = sketch.node('Identity', [sketch.node('Cast', [whole], [intAttribute('to', elementType.float)])]);
    const graph = sketch.graph({ name: 'x', shape: ['N', 3, 4, 4] }, { value, shape: ['N', 3, 4, 4] });
    expect(removeIdentity(graph, await types(graph))).toEqual({ graph, modified: false });
  });

  it('keeps a Reshape of a value with an unknown shape', () => {
    const graph = between((sketch, value) => sketch.node('Reshape', [value, sketch.ints([-1, 3, 4, 4])]));
    expect(removeIdentity(graph, new Map())).toEqual({ graph, modified: false });
  });
});

describe('removing unused nodes', () => {
  it('also removes nodes that only unused nodes read', () => {
    const graph = between((sketch, value) => {
      sketch.node('Sqrt', [sketch.node('Abs', [value])]);
      return value;
    });
    expect(operators(removeUnusedNodes(graph).graph)).toEqual(['Relu', 'Neg']);
  });

  it('keeps outputs that no node reads', () => {
    const before = between((_, value) => value);
    const graph = { ...before, outputs: [...before.outputs, makeValue('v0', 'float', ['N', 3, 4, 4])] };
    expect(removeUnusedNodes(graph)).toEqual({ graph, modified: false });
  });
});
