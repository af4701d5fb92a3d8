import { describe, expect, it } from 'vitest';
import { intAttribute, stringAttribute, tensorAttribute } from '../../../model/graph/attribute.ts';
import type { Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import type { NodeProto, TensorProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { measureHalfRange } from '../../../model/quantize/measure-half-range.ts';
import { toHalfPrecision } from '../../../model/quantize/to-half-precision.ts';
import { runGraph } from '../../support/run-graph.ts';
import { convolution, crops, feeds, manifest, network, size } from '../../support/uint8-network.ts';

const a = convolution('x', 'a', 8, 3);
const map = ['N', 8, size, size];
const number = (name: string, value: number) => makeTensor(name, [], Float32Array.of(value));
const doubled = makeTensor('twice', [4], Float32Array.of(1, 1, 2, 2));
const nearest = [stringAttribute('mode', 'nearest')];
const resize = [...nearest, stringAttribute('coordinate_transformation_mode', 'asymmetric')];
const filled = (attributes: Parameters<typeof makeNode>[3]) => [
  makeNode('Shape', ['a'], ['shape']),
  makeNode('ConstantOfShape', ['shape'], ['filled'], attributes),
  makeNode('Add', ['a', 'filled'], ['y']),
];

async function halved(graph: Graph) {
  return toHalfPrecision(graph, await measureHalfRange(graph, manifest, crops));
}

async function expectClose(graph: Graph, float: Graph): Promise<void> {
  const { y: expected = new Float32Array() } = await runGraph(float, feeds);
  const { y: got = new Float32Array() } = await runGraph(graph, feeds);
  expect(got).toHaveLength(expected.length);
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const errors = expected.map((value, index) => Math.abs(value - (got[index] ?? Number.NaN)) / largest);
  expect(errors.every((error) => error < 0.005)).toBe(true);
}

/** Name, nodes after the first convolution, weights, output shape, operator set. */
const cases: [string, NodeProto[], TensorProto[], (number | string)[], number][] = [
  [
    'a tensor filled with a number',
    filled({ attributes: [tensorAttribute('value', makeTensor('', [1], Float32Array.of(0.5)))] }),
    [],
    map,
    11,
  ],
  ['a tensor filled with zeros, without a value attribute', filled({}), [], map, 11],
  [
    'Resize, whose scales stay float',
    [makeNode('Resize', ['a', '', 'twice'], ['y'], { attributes: resize })],
    [doubled],
    ['N', 8, 32, 32],
    13,
  ],
  [
    'Resize of operator set 10',
    [makeNode('Resize', ['a', 'twice'], ['y'], { attributes: nearest })],
    [doubled],
    ['N', 8, 32, 32],
    10,
  ],
  ['Upsample', [makeNode('Upsample', ['a', 'twice'], ['y'], { attributes: nearest })], [doubled], ['N', 8, 32, 32], 9],
  [
    'a constant stored as an attribute',
    [
      makeNode('Constant', [], ['c'], { attributes: [tensorAttribute('value', number('', 3))] }),
      makeNode('Mul', ['a', 'c'], ['y']),
    ],
    [],
    map,
    11,
  ],
  [
    'a graph that also computes integers',
    [
      makeNode('Shape', ['a'], ['shape']),
      makeNode('Cast', ['shape'], ['sizes'], { attributes: [intAttribute('to', 1)] }),
      makeNode('ReduceSum', ['sizes'], ['sum']),
      makeNode('Div', ['a', 'sum'], ['y']),
    ],
    [],
    map,
    11,
  ],
];

describe('toHalfPrecision', () => {
  it.each(cases)('computes %s in half precision', async (_, nodes, tensors, shape, opset) => {
    const float = network([...a.nodes, ...nodes], [...a.tensors, ...tensors], shape, { opset });
    const { graph, inFloat } = await halved(float);
    expect(inFloat).toEqual([]);
    expect([...graph.initializers.values()].find(({ name }) => name === 'a_w')?.dataType).toBe(10);
    await expectClose(graph, float);
  });

  it('keeps nodes with values out of range in float, and returns to half precision afterwards', async () => {
    const b = convolution('small', 'y', 4, 8);
    const nodes = [
      ...a.nodes,
      makeNode('Mul', ['a', 'much'], ['large']),
      makeNode('Mul', ['large', 'little'], ['small']),
      ...b.nodes,
    ];
    const tensors = [...a.tensors, ...b.tensors, number('much', 60_000), number('little', 1e-5)];
    const float = network(nodes, tensors, ['N', 4, size, size]);
    const { graph, inFloat } = await halved(float);
    expect(inFloat).toEqual(['Mul node with output large', 'Mul node with output small']);
    expect(graph.nodes.filter(({ opType }) => opType === 'Cast')).toHaveLength(4);
    await expectClose(graph, float);
  });

  it('keeps nodes with weights out of range in float', async () => {
    const nodes = [...a.nodes, makeNode('Div', ['a', 'much'], ['y'])];
    const float = network(nodes, [...a.tensors, number('much', 1e6)], map);
    const { graph, inFloat } = await halved(float);
    expect(inFloat).toEqual(['Div node with output y']);
    await expectClose(graph, float);
  });

  it('stores weights that are read in both precisions twice', async () => {
    const nodes = [...a.nodes, makeNode('Mul', ['a', 'w'], ['h']), makeNode('Mul', ['h', 'w'], ['y'])];
    const float = network(nodes, [...a.tensors, number('w', 3_000)], map);
    const { graph, inFloat } = await halved(float);
    expect(inFloat).toEqual(['Mul node with output y']);
    expect([...graph.initializers.keys()].filter((name) => name.startsWith('w'))).toEqual(['w_half', 'w']);
    await expectClose(graph, float);
  });

  it('rejects values that are not finite in float, naming the node and the range', async () => {
    const nodes = [...a.nodes, makeNode('Div', ['a', 'none'], ['y'])];
    const float = network(nodes, [...a.tensors, number('none', 0)], map);
    await expect(halved(float)).rejects.toThrow(
      /Div node with output y cannot be converted: the range of y is not finite \(NaN to NaN\)/,
    );
  });
});
