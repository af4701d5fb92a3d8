import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute, tensorAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { elementType } from '../../../model/onnx/element-type.ts';
import type { NodeProto, TensorProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor, tensorData, tensorShape } from '../../../model/onnx/tensor.ts';
import { foldConstants } from '../../../model/passes/fold-constants.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { expectSameOutput } from '../../support/expect-same-output.ts';

const value = (number: number) => [tensorAttribute('value', makeTensor('', [1], Float32Array.of(number)))];
const ints = (name: string, ...numbers: number[]) =>
  makeTensor(name, [numbers.length], BigInt64Array.from(numbers, BigInt));

/** y = x + `constant`, which the nodes compute. */
function graphOf(nodes: readonly NodeProto[], weights: readonly TensorProto[] = []): Graph {
  return {
    ...emptyGraph('constants', { irVersion: 8, opset: 13 }),
    inputs: [makeValue('x', 'float', ['N', 2, 3])],
    outputs: [makeValue('y', 'float', ['N', 2, 3])],
    nodes: [...nodes, makeNode('Add', ['x', 'constant'], ['y'])],
    initializers: new Map(weights.map((tensor) => [tensor.name, tensor])),
  };
}

const ones = graphOf(
  [makeNode('ConstantOfShape', ['shape'], ['constant'], { attributes: value(0.5) })],
  [ints('shape', 2, 3)],
);

const operators = ({ nodes }: Graph) => nodes.map(({ opType }) => opType);

describe('folding constants', () => {
  it('replaces ConstantOfShape by weights', async () => {
    const { graph, modified } = await foldConstants(ones);
    expect(modified).toBe(true);
    expect(operators(graph)).toEqual(['Add']);
    const weights = graph.initializers.get('constant');
    expect(weights && tensorShape(weights)).toEqual([2, 3]);
    expect(weights && [...tensorData(weights)]).toEqual(new Array(6).fill(0.5));
    await expectSameOutput(ones, graph, { batch: 2 });
  });

  it.each<[string, Graph]>([
    [
      'a computed shape',
      graphOf(
        [
          makeNode('Shape', ['like'], ['like_shape']),
          makeNode('Gather', ['like_shape', 'second'], ['columns'], { attributes: [intAttribute('axis', 0)] }),
          makeNode('Concat', ['two', 'columns'], ['shape'], { attributes: [intAttribute('axis', 0)] }),
          makeNode('ConstantOfShape', ['shape'], ['constant'], { attributes: value(0.5) }),
        ],
        [ints('two', 2), ints('second', 1), makeTensor('like', [7, 3], new Float32Array(21))],
      ),
    ],
    [
      'arithmetic, casts and transposes',
      graphOf(
        [
          makeNode('Range', ['start', 'limit', 'delta'], ['row']),
          makeNode('Cast', ['row'], ['floats'], { attributes: [intAttribute('to', elementType.float)] }),
          makeNode('Unsqueeze', ['floats', 'zero'], ['matrix']),
          makeNode('Tile', ['matrix', 'twice'], ['tiled']),
          makeNode('Transpose', ['tiled'], ['turned'], { attributes: [intsAttribute('perm', [1, 0])] }),
          makeNode('Transpose', ['turned'], ['back'], { attributes: [intsAttribute('perm', [1, 0])] }),
          makeNode('Sqrt', ['back'], ['root']),
          makeNode('Mul', ['root', 'root'], ['constant']),
        ],
        [
          makeTensor('start', [], BigInt64Array.of(1n)),
          makeTensor('limit', [], BigInt64Array.of(4n)),
          makeTensor('delta', [], BigInt64Array.of(1n)),
          ints('zero', 0),
          ints('twice', 2, 1),
        ],
      ),
    ],
    [
      'a condition',
      graphOf(
        [
          makeNode('Greater', ['one', 'other'], ['more']),
          makeNode('Where', ['more', 'one', 'other'], ['chosen']),
          makeNode('Expand', ['chosen', 'shape'], ['constant']),
        ],
        [
          makeTensor('one', [3], Float32Array.of(1, 5, 3)),
          makeTensor('other', [3], Float32Array.of(4, 2, 6)),
          ints('shape', 2, 3),
        ],
      ),
    ],
  ])('folds %s', async (_, before) => {
    const { graph } = await foldConstants(before);
    expect(operators(graph)).toEqual(['Add']);
    await expectSameOutput(before, graph, { batch: 2 });
  });

  it('keeps nodes that depend on the shape of the input', async () => {
    const before = graphOf([
      makeNode('Shape', ['x'], ['x_shape']),
      makeNode('ConstantOfShape', ['x_shape'], ['constant'], { attributes: value(0.5) }),
    ]);
    expect(await foldConstants(before)).toEqual({ graph: before, modified: false });
  });

  it('keeps nodes that depend on an overridable weight', async () => {
    const before = { ...ones, inputs: [...ones.inputs, makeValue('shape', 'int64', [2])] };
    expect((await foldConstants(before)).modified).toBe(false);
  });

  it('keeps nodes that are not deterministic', async () => {
    const random = makeNode('RandomUniformLike', ['like'], ['constant']);
    const before = graphOf([random], [makeTensor('like', [2, 3], new Float32Array(6))]);
    expect((await foldConstants(before)).modified).toBe(false);
  });

  it('keeps a node whose output is an output of the graph', async () => {
    const before = { ...ones, outputs: [...ones.outputs, makeValue('constant', 'float', [2, 3])] };
    expect((await foldConstants(before)).modified).toBe(false);
  });

  it('limits the total size of folded values without computing them', async () => {
    const terabytes = graphOf(
      [makeNode('ConstantOfShape', ['shape'], ['constant'], { attributes: value(1) })],
      [ints('shape', 1_000_000, 1_000_000)],
    );
    expect((await foldConstants(terabytes)).modified).toBe(false);
    expect((await foldConstants(ones, { maxElements: 6 })).modified).toBe(true);
    expect((await foldConstants(ones, { maxElements: 5 })).modified).toBe(false);
    const two = {
      ...ones,
      nodes: [makeNode('ConstantOfShape', ['shape'], ['other'], { attributes: value(1) }), ...ones.nodes],
    };
    expect(operators((await foldConstants(two, { maxElements: 11 })).graph)).toEqual(['ConstantOfShape', 'Add']);
  });

  it('reports why the runtime cannot compute a node', async () => {
    const impossible = graphOf(
      [makeNode('Reshape', ['weights', 'shape'], ['constant'])],
      [makeTensor('weights', [5], new Float32Array(5)), ints('shape', 2, 3)],
    );
    await expect(foldConstants(impossible)).rejects.toThrow(UserError);
    await expect(foldConstants(impossible)).rejects.toThrow('onnxruntime cannot run the network');
  });
});
