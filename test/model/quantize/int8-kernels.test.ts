import { describe, expect, it } from 'vitest';
import {
  floatAttribute,
  intAttribute as int,
  intsAttribute as ints,
  stringAttribute,
} from '../../../model/graph/attribute.ts';
import { makeNode } from '../../../model/graph/node.ts';
import type { NodeProto, TensorProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { explicitPadding } from '../../../model/passes/explicit-padding.ts';
import { calibrate } from '../../../model/quantize/calibrate.ts';
import { quantizeNetwork } from '../../../model/quantize/quantize-network.ts';
import { runGraph, wave } from '../../support/run-graph.ts';
import { convolution, crops, feeds, manifest, network, size } from '../../support/uint8-network.ts';

interface Case {
  readonly about: string;
  readonly nodes: readonly NodeProto[];
  readonly tensors?: readonly TensorProto[];
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Operators of the int8 network after the first convolution, without the final conversion. */
  readonly operators: readonly string[];
}

const a = convolution('x', 'a', 8, 3, 1);
const b = convolution('a', 'b', 8, 8);
const [convolveB] = b.nodes;
if (convolveB === undefined) throw new Error('no convolution');
const zero = makeTensor('zero', [], Float32Array.of(0));
const six = makeTensor('six', [], Float32Array.of(6));
const below = makeTensor('below', [], Float32Array.of(-4));
const above = makeTensor('above', [], Float32Array.of(3));

type Attribute = ReturnType<typeof int>;
const average = (...attributes: Attribute[]) => makeNode('AveragePool', ['a'], ['y'], { attributes });
const kernel = (length: number) => ints('kernel_shape', [length, length]);
const strides = (length: number) => ints('strides', [length, length]);

/** The node with stated padding, after a map of this size. */
function explicit(node: NodeProto): readonly NodeProto[] {
  const graph = network([...a.nodes, node], [...a.tensors, ...b.tensors], []);
  const type = { dataType: 1, shape: [1, 8, size, size] };
  const weights = { dataType: 1, shape: [8, 8, 3, 3] };
  return explicitPadding(
    graph,
    new Map([
      ['a', type],
      ['b_w', weights],
    ]),
  ).graph.nodes.slice(-1);
}

const cases: Case[] = [
  {
    about: 'ReLU6 as part of the convolution',
    nodes: [convolveB, makeNode('Clip', ['b_c', 'zero', 'six'], ['y'])],
    tensors: [...b.tensors, zero, six],
    shape: [8, size, size],
    operators: ['QLinearConv'],
  },
  {
    about: 'a Clip to both sides of 0 as part of the convolution',
    nodes: [convolveB, makeNode('Clip', ['b_c', 'below', 'above'], ['y'])],
    tensors: [...b.tensors, below, above],
    shape: [8, size, size],
    operators: ['QLinearConv'],
  },
  {
    about: 'a residual sum, with its Relu',
    nodes: [convolveB, makeNode('Add', ['b_c', 'a'], ['sum']), makeNode('Relu', ['sum'], ['y'])],
    tensors: b.tensors,
    shape: [8, size, size],
    operators: ['QLinearConv', 'QLinearAdd'],
  },
  {
    about: 'a residual sum of bytes and floats',
    nodes: [makeNode('Tanh', ['a'], ['t']), makeNode('Add', ['t', 'a'], ['y'])],
    shape: [8, size, size],
    operators: ['DequantizeLinear', 'Transpose', 'Tanh', 'Transpose', 'QuantizeLinear', 'QLinearAdd'],
  },
  {
    about: 'a Relu of a value that another node reads before it',
    nodes: [convolveB, makeNode('Relu', ['b_c'], ['b']), makeNode('Add', ['b', 'b_c'], ['y'])],
    tensors: b.tensors,
    shape: [8, size, size],
    operators: ['QLinearConv', 'QLinearLeakyRelu', 'QLinearAdd'],
  },
  {
    about: 'a convolution of each channel',
    nodes: [
      makeNode('Conv', ['a', 'd_w', 'd_b'], ['y'], {
        attributes: [int('group', 8), ints('pads', [0, 0, 1, 1]), strides(2)],
      }),
    ],
    tensors: [makeTensor('d_w', [8, 1, 3, 3], wave(72, 3)), makeTensor('d_b', [8], wave(8, 7))],
    shape: [8, size / 2, size / 2],
    operators: ['QLinearConv'],
  },
  {
    about: 'a PRelu with a slope per channel, also below 0',
    nodes: [convolveB, makeNode('PRelu', ['b_c', 'slopes'], ['y'])],
    tensors: [...b.tensors, makeTensor('slopes', [8, 1, 1], Float32Array.of(0.25, 0, 0.1, 0.9, -0.5, 0.3, 0.2, 0.05))],
    shape: [8, size, size],
    operators: ['QLinearConv', 'QLinearMul', 'QLinearAdd'],
  },
  {
    about: 'a LeakyRelu',
    nodes: [convolveB, makeNode('LeakyRelu', ['b_c'], ['y'], { attributes: [floatAttribute('alpha', 0.2)] })],
    tensors: b.tensors,
    shape: [8, size, size],
    operators: ['QLinearConv', 'QLinearLeakyRelu'],
  },
  {
    about: 'x · sigmoid(x)',
    nodes: [
      makeNode('Conv', ['a', 'small', 'b_b'], ['c']),
      makeNode('Sigmoid', ['c'], ['s']),
      makeNode('Mul', ['c', 's'], ['y']),
    ],
    tensors: [
      makeTensor(
        'small',
        [8, 8, 1, 1],
        wave(64, 2).map((value) => value / 20),
      ),
      ...b.tensors,
    ],
    shape: [8, size, size],
    operators: ['QLinearConv', 'QLinearSigmoid', 'QLinearMul'],
  },
  {
    about: 'a convolution with the padding SAME_UPPER, made explicit',
    nodes: explicit(
      makeNode('Conv', ['a', 'b_w', 'b_b'], ['y'], {
        attributes: [stringAttribute('auto_pad', 'SAME_UPPER'), strides(2)],
      }),
    ),
    tensors: b.tensors,
    shape: [8, size / 2, size / 2],
    operators: ['QLinearConv'],
  },
  {
    about: 'an average pool without padding',
    nodes: [average(kernel(2), strides(2))],
    shape: [8, size / 2, size / 2],
    operators: ['QLinearConv'],
  },
  {
    about: 'an average pool whose padding does not count',
    nodes: [average(kernel(3), ints('pads', [1, 1, 1, 1]))],
    shape: [8, size, size],
    operators: ['QLinearConv', 'QLinearMul'],
  },
  {
    about: 'an average pool whose padding counts',
    nodes: [average(kernel(3), ints('pads', [1, 1, 1, 1]), int('count_include_pad', 1))],
    shape: [8, size, size],
    operators: ['QLinearConv'],
  },
  {
    about: 'an average pool with padding at the end only',
    nodes: [average(kernel(5), strides(3), ints('pads', [0, 0, 2, 2]))],
    shape: [8, 5, 5],
    operators: ['QLinearConv', 'QLinearMul'],
  },
  {
    about: 'an average pool that rounds the size up',
    nodes: [average(kernel(3), strides(2), int('ceil_mode', 1), int('count_include_pad', 1))],
    shape: [8, 8, 8],
    operators: ['QLinearConv', 'QLinearMul'],
  },
];

describe('int8 kernels', () => {
  it.each(cases)('compute $about', async ({ nodes, tensors = [], shape, operators }) => {
    const float = network([...a.nodes, ...nodes], [...a.tensors, ...tensors], ['N', ...shape]);
    const { graph } = quantizeNetwork(float, await calibrate(float, manifest, crops));
    const kinds = graph.nodes.map(({ opType }) => opType);
    expect(kinds).toEqual(['QLinearConv', ...operators, 'DequantizeLinear', 'Transpose']);
    const { y: expected = new Float32Array() } = await runGraph(float, feeds);
    const { y: actual = new Float32Array() } = await runGraph(graph, feeds);
    expect(actual).toHaveLength(expected.length);
    const range = Math.max(...expected) - Math.min(...expected);
    const differences = expected.map((value, index) => Math.abs(value - (actual[index] ?? Number.NaN)));
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    expect(mean / range).toBeLessThan(2 / 255);
    expect(Math.max(...differences) / range).toBeLessThan(16 / 255);
  });
});
