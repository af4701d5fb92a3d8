import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../../model/graph/attribute.ts';
import type { Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import type { NodeProto, TensorProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { calibrate } from '../../../model/quantize/calibrate.ts';
import { quantizeNetwork } from '../../../model/quantize/quantize-network.ts';
import { floatsAttribute } from '../../support/floats-attribute.ts';
import { runGraph, wave } from '../../support/run-graph.ts';
import { convolution, crops, feeds, manifest, network, size } from '../../support/uint8-network.ts';

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
const b4 = convolution('t', 'y', 4, 8);
const statistics = (channels: number) => [
  makeTensor('n_s', [channels], wave(channels, 1)),
  makeTensor('n_b', [channels], wave(channels, 2)),
  makeTensor('n_m', [channels], wave(channels, 3)),
  makeTensor('n_v', [channels], wave(channels, 5).map(Math.abs)),
];

/** Name, nodes after the first convolution, weights, output shape, nodes that stay in float. */
const cases: [string, NodeProto[], TensorProto[], (number | string)[], string[]][] = [
  [
    'a convolution on pixels',
    [makeNode('MaxPool', ['a'], ['y'], { attributes: [intsAttribute('kernel_shape', [1, 1])] })],
    [],
    ['N', 8, size, size],
    [],
  ],
  [
    'a max pool with padding at the end',
    [makeNode('MaxPool', ['a'], ['y'], { attributes: pool })],
    [],
    ['N', 8, 8, 8],
    [],
  ],
  ['LRN', [makeNode('LRN', ['a'], ['y'], { attributes: lrn })], [], ['N', 8, size, size], []],
  [
    'concatenated branches',
    [...b1.nodes, ...b2.nodes, makeNode('Concat', ['b1', 'b2'], ['y'], { attributes: [intAttribute('axis', 1)] })],
    [...b1.tensors, ...b2.tensors],
    ['N', 10, size, size],
    [],
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
    [],
  ],
  ['a global average', [makeNode('GlobalAveragePool', ['a'], ['y'])], [], ['N', 8, 1, 1], []],
  [
    'an average as large as the map',
    [makeNode('AveragePool', ['a'], ['y'], { attributes: [intsAttribute('kernel_shape', [16, 16])] })],
    [],
    ['N', 8, 1, 1],
    [],
  ],
  [
    'an operator without an int8 kernel',
    [makeNode('Tanh', ['a'], ['y'])],
    [],
    ['N', 8, size, size],
    ['Tanh node with output y'],
  ],
  [
    'a map that is read as floats and as bytes',
    [
      makeNode('Tanh', ['a'], ['t']),
      ...b1.nodes,
      makeNode('Concat', ['t', 'b1'], ['y'], { attributes: [intAttribute('axis', 1)] }),
    ],
    b1.tensors,
    ['N', 12, size, size],
    ['Tanh node with output t'],
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
    [],
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
    [],
  ],
  [
    'a map that is split along its rows',
    [makeNode('Split', ['a'], ['s1', 'y'], { attributes: [intAttribute('axis', 2)] })],
    [],
    ['N', 8, size / 2, size],
    ['Split node with output s1'],
  ],
  [
    'batch normalization after a pool, and the float nodes between it and the next convolution',
    [
      makeNode('MaxPool', ['a'], ['p'], { attributes: pool }),
      makeNode('BatchNormalization', ['p', 'n_s', 'n_b', 'n_m', 'n_v'], ['n']),
      makeNode('Tanh', ['n'], ['t']),
      ...b4.nodes,
    ],
    [...statistics(8), ...b4.tensors],
    ['N', 4, 8, 8],
    ['BatchNormalization node with output n', 'Tanh node with output t'],
  ],
];

async function quantized(graph: Graph) {
  return quantizeNetwork(graph, await calibrate(graph, manifest, crops));
}

/** Expects the mean error of `y` to be below four quantization steps. */
async function expectNear(graph: Graph, float: Graph): Promise<void> {
  const { y: expected = new Float32Array() } = await runGraph(float, feeds);
  const { y: got = new Float32Array() } = await runGraph(graph, feeds);
  expect(got).toHaveLength(expected.length);
  const range = Math.max(...expected) - Math.min(...expected);
  const error = expected.reduce((sum, value, index) => sum + Math.abs(value - (got[index] ?? Number.NaN)), 0);
  expect(error / expected.length / range).toBeLessThan(4 / 255);
}

describe('quantizeNetwork', () => {
  it.each(cases)('keeps %s within a few quantization steps', async (_, nodes, tensors, shape, inFloat) => {
    const float = network([...a.nodes, ...nodes], [...a.tensors, ...tensors], shape);
    const result = await quantized(float);
    expect(result.inFloat).toEqual(inFloat);
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

  it('leaves integer shape arithmetic unchanged', async () => {
    const nodes = [
      ...a.nodes,
      makeNode('Shape', ['a'], ['whole']),
      makeNode('Gather', ['whole', 'first'], ['batch']),
      makeNode('Add', ['batch', 'none'], ['images']),
      makeNode('Concat', ['images', 'rest'], ['target'], { attributes: [intAttribute('axis', 0)] }),
      makeNode('Reshape', ['a', 'target'], ['y']),
    ];
    const integers = [
      makeTensor('first', [1], BigInt64Array.of(0n)),
      makeTensor('none', [1], BigInt64Array.of(0n)),
      makeTensor('rest', [2], BigInt64Array.of(4n, -1n)),
    ];
    const float = network(nodes, [...a.tensors, ...integers], ['N', 4, 2 * size * size]);
    const result = await quantized(float);
    expect(result.graph.nodes.map(({ opType }) => opType)).toContain('QLinearConv');
    await expectNear(result.graph, float);
  });

  it('leaves a Concat of integer shapes unchanged on any axis', async () => {
    const nodes = [
      ...a.nodes,
      makeNode('Shape', ['a'], ['whole']),
      makeNode('Unsqueeze', ['whole'], ['row'], { attributes: [intsAttribute('axes', [0])] }),
      makeNode('Concat', ['row', 'row'], ['twice'], { attributes: [intAttribute('axis', 1)] }),
      makeNode('Cast', ['twice'], ['sizes'], { attributes: [intAttribute('to', 1)] }),
      makeNode('ReduceMean', ['sizes'], ['mean']),
      makeNode('Div', ['a', 'mean'], ['y']),
    ];
    const float = network(nodes, a.tensors, ['N', 8, size, size]);
    await expectNear((await quantized(float)).graph, float);
  });

  it('raises older operator sets, also with Upsample', async () => {
    const scales = [stringAttribute('mode', 'nearest'), floatsAttribute('scales', [1, 1, 2, 2])];
    const upsample = makeNode('Upsample', ['a'], ['y'], { attributes: scales });
    const float = network([...a.nodes, upsample], a.tensors, ['N', 8, 2 * size, 2 * size], { opset: 7 });
    const result = await quantized(float);
    expect([result.graph.opset, result.inFloat]).toEqual([10, ['Resize node with output y']]);
    await expectNear(result.graph, float);
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
