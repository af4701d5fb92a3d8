import { expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { type Geometry, type GroupedColumns, groupColumns } from '../../../model/quantize/group-columns.ts';
import { runGraph, wave } from '../../support/run-graph.ts';

const size = 16;
const filters = 8;
const zeroPoint = 115;
const image = { shape: [2, size, size, 3], data: Uint8Array.from(wave(2 * size * size * 3, 1), (x) => 128 + 120 * x) };

type Case = [about: string, kernel: [number, number], pads: number[], stride: number];
const cases: Case[] = [
  ['7×7 with a stride of 2, as in GoogLeNet', [7, 7], [3, 3, 3, 3], 2],
  ['3×3 with a stride of 2, padded on all sides', [3, 3], [1, 1, 1, 1], 2],
  ['3×3 with a stride of 2, padded at the end, as in TensorFlow', [3, 3], [0, 0, 1, 1], 2],
  ['a kernel of other height than width', [2, 5], [0, 2, 1, 2], 2],
  ['a stride of 4', [5, 5], [1, 1, 1, 1], 4],
  ['more padding than a group', [11, 11], [5, 5, 5, 5], 2],
];

function convolution(kernel: readonly number[], channels = 3) {
  const shape = [filters, channels, ...kernel];
  const count = shape.reduce((product, length) => product * length, 1);
  return {
    shape,
    weights: Int8Array.from(wave(count, 2), (x) => 127 * x),
    scales: Float32Array.from(wave(filters, 3), (x) => 0.01 + 0.005 * x),
    bias: Int32Array.from(wave(filters, 4), (x) => 10000 * x),
  };
}

/** From the image to floats, as the quantized network computes the convolution. */
function network({ convolution: { shape, weights, scales, bias }, geometry, ...shapes }: GroupedColumns): Graph {
  const count = scales.length;
  const scalar = (name: string, value: number) => makeTensor(name, [], Float32Array.of(value));
  const tensors = [
    ...[scalar('one', 1), scalar('scale', 4), makeTensor('zero', [], Uint8Array.of(zeroPoint))],
    ...[makeTensor('weights', shape, weights), makeTensor('scales', [count], scales)],
    ...[makeTensor('zeros', [count], new Int8Array(count)), makeTensor('bias', [count], bias)],
    makeTensor('groups', [4], BigInt64Array.from(shapes.inputShape, BigInt)),
    makeTensor('map', [4], BigInt64Array.from(shapes.outputShape, BigInt)),
  ];
  const attributes = [
    intAttribute('channels_last', 1),
    ...Object.entries(geometry).map(([name, values]) => intsAttribute(name, values)),
  ];
  const inputs = ['grouped', 'one', 'zero', 'weights', 'scales', 'zeros', 'scale', 'zero', 'bias'];
  return {
    ...emptyGraph('test', { irVersion: 8, opset: 13 }),
    inputs: [makeValue('image', 'uint8', ['N', size, size, 3])],
    outputs: [makeValue('y', 'float', ['N', 'height', 'width', filters])],
    nodes: [
      makeNode('Reshape', ['image', 'groups'], ['grouped']),
      { ...makeNode('QLinearConv', inputs, ['q'], { attributes }), domain: 'com.microsoft' },
      makeNode('Reshape', ['q', 'map'], ['bytes']),
      makeNode('DequantizeLinear', ['bytes', 'scale', 'zero'], ['y']),
    ],
    initializers: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  };
}

it.each(cases)('computes the same bytes with grouped columns: %s', async (_, kernel, pads, stride) => {
  const geometry: Geometry = { strides: [stride, stride], dilations: [1, 1], pads };
  const plain = convolution(kernel);
  const grouped = groupColumns(plain, geometry, { height: size, width: size });
  if (grouped === undefined) throw new Error('the columns were not grouped');
  const own = { convolution: plain, geometry, inputShape: [0, size, size, 3], outputShape: grouped.outputShape };
  const [before, after] = [await runGraph(network(own), { image }), await runGraph(network(grouped), { image })];

  expect(new Set(before['y']).size).toBeGreaterThan(50);
  expect(after).toEqual(before);
});

const plain: Geometry = { strides: [2, 2], dilations: [1, 1], pads: [1, 1, 1, 1] };
it.each<[string, Geometry, number]>([
  ['a stride of 1', { ...plain, strides: [1, 1] }, size],
  ['a stride that does not divide 4', { ...plain, strides: [3, 3] }, 24],
  ['a width that 4 does not divide', plain, 18],
  ['fewer columns than its groups have', { ...plain, pads: [0, 0, 0, 0] }, size],
  ['a dilation', { ...plain, dilations: [2, 2], pads: [2, 2, 2, 2] }, size],
])('leaves a convolution with %s', (_, geometry, width) => {
  expect(groupColumns(convolution([3, 3]), geometry, { height: size, width })).toBeUndefined();
});

it('leaves a convolution of separate channels', () => {
  const image = { height: size, width: size };
  expect(groupColumns(convolution([3, 3], 1), plain, image)).toBeUndefined();
  expect(groupColumns(convolution([3, 3]), plain, image)).toBeDefined();
});
