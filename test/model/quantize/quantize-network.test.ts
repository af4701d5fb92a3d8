import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import type { NodeProto, TensorProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { quantizeNetwork } from '../../../model/quantize/quantize-network.ts';
import { expectNear, quantized } from '../../support/quantized-network.ts';
import { runGraph } from '../../support/run-graph.ts';
import { convolution, feeds, network, size } from '../../support/uint8-network.ts';

const a = convolution('x', 'a', 8, 3);
const pool = [
  intsAttribute('kernel_shape', [3, 3]),
  intsAttribute('strides', [2, 2]),
  intsAttribute('pads', [0, 0, 1, 1]),
];
const lrn = [
  intAttribute('size', 5),
  floatAttribute('alpha', 0.5),
  floatAttribute('beta', 0.75),
  floatAttribute('bias', 1),
];
const b1 = convolution('a', 'b1', 4, 8, 1);
const b2 = convolution('a', 'b2', 6, 8, 5);
const b3 = convolution('s1', 'b3', 4, 4, 1);

/** Name, nodes after the first convolution, weights, output shape. */
const cases: [string, NodeProto[], TensorProto[], (number | string)[]][] = [
  [
    'a convolution on pixels',
    [makeNode('MaxPool', ['a'], ['y'], { attributes: [intsAttribute('kernel_shape', [1, 1])] })],
    [],
    ['N', 8, size, size],
  ],
  ['a max pool with padding at the end', [makeNode('MaxPool', ['a'], ['y'], { attributes: pool })], [], ['N', 8, 8, 8]],
  ['LRN', [makeNode('LRN', ['a'], ['y'], { attributes: lrn })], [], ['N', 8, size, size]],
  [
    'concatenated branches',
    [...b1.nodes, ...b2.nodes, makeNode('Concat', ['b1', 'b2'], ['y'], { attributes: [intAttribute('axis', 1)] })],
    [...b1.tensors, ...b2.tensors],
    ['N', 10, size, size],
  ],
  [
    'a Relu concatenated with a branch of negative values',
    [
      ...b1.nodes,
      ...b2.nodes.slice(0, 1),
      makeNode('Concat', ['b1', 'b2_c'], ['y'], { attributes: [intAttribute('axis', 1)] }),
    ],
    [...b1.tensors, ...b2.tensors],
    ['N', 10, size, size],
  ],
  ['a global average', [makeNode('GlobalAveragePool', ['a'], ['y'])], [], ['N', 8, 1, 1]],
  [
    'an average as large as the map',
    [makeNode('AveragePool', ['a'], ['y'], { attributes: [intsAttribute('kernel_shape', [16, 16])] })],
    [],
    ['N', 8, 1, 1],
  ],
  [
    'a map that is split in two, with a convolution after one half',
    [
      makeNode('Split', ['a'], ['s1', 's2'], { attributes: [intAttribute('axis', 1)] }),
      ...b3.nodes,
      makeNode('Concat', ['s2', 'b3'], ['y'], { attributes: [intAttribute('axis', 1)] }),
    ],
    b3.tensors,
    ['N', 8, size, size],
  ],
  [
    'a map that is split by given sizes',
    [
      makeNode('Split', ['a'], ['s1', 's2', 'y'], {
        attributes: [intAttribute('axis', 1), intsAttribute('split', [1, 2, 5])],
      }),
    ],
    [],
    ['N', 5, size, size],
  ],
];

describe('quantizeNetwork', () => {
  it.each(cases)('keeps %s within a few quantization steps', async (_, nodes, tensors, shape) => {
    const float = network([...a.nodes, ...nodes], [...a.tensors, ...tensors], shape);
    const result = await quantized(float);
    expect(result.inFloat).toEqual([]);
    expect(result.graph.nodes.map(({ opType }) => opType)).toContain('QLinearConv');
    await expectNear(result.graph, float);
  });

  it('folds means and scales into the first convolution, exact except at the padded border', async () => {
    const float = network([...a.nodes, makeNode('Identity', ['a'], ['y'])], a.tensors, ['N', 8, size, size]);
    const { y: expected = new Float32Array() } = await runGraph(float, feeds);
    const { y: got = new Float32Array() } = await runGraph((await quantized(float)).graph, feeds);
    const range = Math.max(...expected);
    const worst = { inside: 0, border: 0 };
    for (const [index, value] of expected.entries()) {
      const [row, column] = [Math.floor(index / size) % size, index % size];
      const where = [row, column].some((at) => at === 0 || at === size - 1) ? 'border' : 'inside';
      worst[where] = Math.max(worst[where], Math.abs(value - (got[index] ?? Number.NaN)) / range);
    }
    expect(worst.inside).toBeLessThan(4 / 255);
    expect(worst.border).toBeLessThan(0.1);
  });

  it('clips at 0 after a Relu whose branch is concatenated with negative values', async () => {
    const join = makeNode('Concat', ['b1', 'b2_c'], ['y'], { attributes: [intAttribute('axis', 1)] });
    const nodes = [...a.nodes, ...b1.nodes, ...b2.nodes.slice(0, 1), join];
    const float = network(nodes, [...a.tensors, ...b1.tensors, ...b2.tensors], ['N', 10, size, size]);
    const { y: got = new Float32Array() } = await runGraph((await quantized(float)).graph, feeds);
    const afterRelu = got.filter((_, index) => Math.floor(index / (size * size)) % 10 < 4);
    expect(Math.min(...afterRelu)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...got)).toBeLessThan(0);
  });

  it('splits by sizes given as an input, as since operator set 13', async () => {
    const sizes = makeTensor('sizes', [2], BigInt64Array.of(3n, 5n));
    const split = makeNode('Split', ['a', 'sizes'], ['s1', 'y'], { attributes: [intAttribute('axis', 1)] });
    const shape = ['N', 5, size, size];
    const float = network([...a.nodes, split], [...a.tensors, sizes], shape, { opset: 13 });
    const result = await quantized(float);
    expect(result.inFloat).toEqual([]);
    await expectNear(result.graph, float);
  });

  it.each(['Split', 'Tanh'])('gives every node a name of its own if a %s is named as a value', async (operator) => {
    // The conversion of a value to float is named as the value.
    const rows = [
      makeNode('Split', ['a'], ['s1', 's2'], { attributes: [intAttribute('axis', 1)], name: 's1' }),
      makeNode('Tanh', ['s1'], ['t'], { name: operator === 'Tanh' ? 's2' : 't' }),
      makeNode('Mul', ['t', 's2'], ['y'], { name: 'product' }),
    ];
    const float = network([...a.nodes, ...rows], a.tensors, ['N', 4, size, size]);
    const { graph } = await quantized(float);
    const names = graph.nodes.map(({ name }) => name).filter((name) => name !== '');
    expect(new Set(names).size).toBe(names.length);
    await expectNear(graph, float);
  });

  it('rejects a network without the uint8 input, naming its input', async () => {
    const bare = {
      ...network(a.nodes, a.tensors, ['N', 8, size, size]),
      inputs: [makeValue('x', 'float', ['N', 3, 4, 4])],
    };
    expect(() => quantizeNetwork({ ...bare, outputs: [] }, new Map())).toThrow(
      /has no uint8 input "image" \(its input: x\)/,
    );
  });
});
