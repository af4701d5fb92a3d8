import { expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import type { NodeProto, TensorProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { calibrate } from '../../../model/quantize/calibrate.ts';
import { quantizeNetwork } from '../../../model/quantize/quantize-network.ts';
import { expectNear, quantized } from '../../support/quantized-network.ts';
import { runGraph } from '../../support/run-graph.ts';
import { convolution, crops, feeds, manifest, size } from '../../support/uint8-network.ts';

const cast = makeNode('Cast', ['image'], ['float'], { attributes: [intAttribute('to', 1)] });
const channelsFirst = (from: string, to: string) =>
  makeNode('Transpose', [from], [to], { attributes: [intsAttribute('perm', [0, 3, 1, 2])] });
const vector = (name: string, ...values: number[]) => makeTensor(name, [values.length], Float32Array.from(values));
const planes = (name: string, ...values: number[]) =>
  makeTensor(name, [1, values.length, 1, 1], Float32Array.from(values));
const scalar = (name: string, value: number) => makeTensor(name, [], Float32Array.of(value));
const index = (name: string, value: number) => makeTensor(name, [], BigInt64Array.of(BigInt(value)));
const indices = (name: string, ...values: number[]) =>
  makeTensor(name, [values.length], BigInt64Array.from(values, BigInt));
const channel = intAttribute('axis', 1);

/** Name, nodes from `image` to `x`, their constants. */
const heads: [string, NodeProto[], TensorProto[]][] = [
  [
    '(pixel ÷ 255 − mean) ÷ deviation on channels last',
    [
      cast,
      makeNode('Div', ['float', 'top'], ['unit']),
      makeNode('Sub', ['unit', 'mean'], ['centred']),
      makeNode('Div', ['centred', 'deviation'], ['normal']),
      channelsFirst('normal', 'x'),
    ],
    [scalar('top', 255), vector('mean', 0.485, 0.456, 0.406), vector('deviation', 0.229, 0.224, 0.225)],
  ],
  [
    'a factor before the offset on channels first',
    [
      channelsFirst('image', 'bytes'),
      makeNode('Cast', ['bytes'], ['float'], { attributes: [intAttribute('to', 1)] }),
      makeNode('Mul', ['factor', 'float'], ['scaled']),
      makeNode('Sub', ['offset', 'scaled'], ['negated']),
      makeNode('Add', ['negated', 'shift'], ['x']),
    ],
    [planes('factor', 0.02, 0.03, 0.01), planes('offset', 2, 3, 1), scalar('shift', 0.5)],
  ],
  [
    'channels taken by Gather, scaled and concatenated (transform_input of torchvision)',
    [
      cast,
      channelsFirst('float', 'planes'),
      ...[0, 1, 2].flatMap((each) => [
        makeNode('Gather', ['planes', `i${each}`], [`g${each}`], { attributes: [channel] }),
        makeNode('Unsqueeze', [`g${each}`], [`u${each}`], { attributes: [intsAttribute('axes', [1])] }),
        makeNode('Mul', [`u${each}`, `f${each}`], [`m${each}`]),
        makeNode('Add', [`m${each}`, `o${each}`], [`a${each}`]),
      ]),
      makeNode('Concat', ['a0', 'a1', 'a2'], ['x'], { attributes: [channel] }),
    ],
    [0, 1, 2].flatMap((each) => [
      index(`i${each}`, each),
      scalar(`f${each}`, 0.01 * (each + 1)),
      scalar(`o${each}`, -1 - each / 3),
    ]),
  ],
  [
    'from RGB to BGR by Split and Concat, then a mean per channel',
    [
      cast,
      channelsFirst('float', 'planes'),
      makeNode('Split', ['planes'], ['r', 'g', 'b'], { attributes: [channel] }),
      makeNode('Concat', ['b', 'g', 'r'], ['bgr'], { attributes: [channel] }),
      makeNode('Sub', ['bgr', 'mean'], ['x']),
    ],
    [planes('mean', 104, 117, 123)],
  ],
  [
    'from RGB to BGR by Gather on channels last',
    [
      cast,
      makeNode('Gather', ['float', 'order'], ['bgr'], { attributes: [intAttribute('axis', -1)] }),
      makeNode('Sub', ['bgr', 'mean'], ['centred']),
      channelsFirst('centred', 'x'),
    ],
    [indices('order', 2, 1, 0), vector('mean', 104, 117, 123)],
  ],
  [
    'from RGB to BGR by a Slice with a negative step',
    [cast, channelsFirst('float', 'planes'), makeNode('Slice', ['planes', 'start', 'end', 'axes', 'step'], ['x'])],
    [indices('start', 2), indices('end', -4), indices('axes', 1), indices('step', -1)],
  ],
  [
    'batch normalization of the pixels',
    [cast, channelsFirst('float', 'planes'), makeNode('BatchNormalization', ['planes', 's', 'b', 'm', 'v'], ['x'])],
    [vector('s', 1, 0.9, 1.1), vector('b', 0.1, 0, -0.1), vector('m', 120, 115, 105), vector('v', 3000, 2900, 3100)],
  ],
];

function network(nodes: readonly NodeProto[], tensors: readonly TensorProto[]): Graph {
  return {
    ...emptyGraph('test', { irVersion: 8, opset: 11 }),
    inputs: [makeValue('image', 'uint8', ['N', size, size, 3])],
    outputs: [makeValue('y', 'float', ['N', 8, size, size])],
    nodes,
    initializers: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  };
}

const first = convolution('x', 'y', 8, 3, 1);

it.each(heads)('folds into the first convolution: %s', async (_, nodes, tensors) => {
  const float = network([...nodes, ...first.nodes], [...tensors, ...first.tensors]);
  const { graph, inFloat } = quantizeNetwork(float, await calibrate(float, manifest, crops));
  expect(inFloat).toEqual([]);
  expect(graph.nodes.map(({ opType }) => opType)).toEqual(['QLinearConv', 'DequantizeLinear', 'Transpose']);
  const { y: expected = new Float32Array() } = await runGraph(float, feeds);
  const { y: actual = new Float32Array() } = await runGraph(graph, feeds);
  const step = Math.max(...expected) / 255;
  const worst = expected.reduce((max, value, at) => Math.max(max, Math.abs(value - (actual[at] ?? Number.NaN))), 0);
  expect(worst).toBeLessThan(4 * step);
});

it('leaves a constant that is divided by the pixels in float', async () => {
  const nodes = [cast, channelsFirst('float', 'planes'), makeNode('Div', ['top', 'planes'], ['x'])];
  const float = network([...nodes, ...first.nodes], [scalar('top', 128), ...first.tensors]);
  const { graph, inFloat } = await quantized(float);
  expect(inFloat).toEqual([{ node: 'Div node with output x', reason: 'no int8 kernel' }]);
  await expectNear(graph, float);
});

it('keeps the float image for a layer that is not a convolution, and folds it into one that is', async () => {
  const [, nodes, tensors] = heads[0] ?? ['', [], []];
  const pooled = makeNode('AveragePool', ['x'], ['p'], {
    attributes: [intsAttribute('kernel_shape', [1, 1]), intsAttribute('strides', [1, 1])],
  });
  const second = convolution('p', 'z', 8, 3);
  const sum = makeNode('Sub', ['a', 'z'], ['y']);
  const a = convolution('x', 'a', 8, 3, 1);
  const float = network(
    [...nodes, ...a.nodes, pooled, ...second.nodes, sum],
    [...tensors, ...a.tensors, ...second.tensors],
  );
  const { graph } = quantizeNetwork(float, await calibrate(float, manifest, crops));
  const { y: expected = new Float32Array() } = await runGraph(float, feeds);
  const { y: actual = new Float32Array() } = await runGraph(graph, feeds);
  const error = expected.reduce((total, value, at) => total + Math.abs(value - (actual[at] ?? Number.NaN)), 0);
  expect(error / expected.length).toBeLessThan(0.02 * Math.max(...expected.map(Math.abs)));
});

it.each([
  ['values above 0 for all pixels', [-127.5, -127.5, -127.5], 4],
  ['means above all pixels', [400, 400, 400], 4],
  ['means that are far from each other', [103, 117, 250], 4],
  // The padding is up to 11 bytes away from a mean.
  ['means near each other', [104, 117, 123], 25],
])('the border of a padded convolution is right with %s', async (_, means, steps) => {
  const nodes = [cast, channelsFirst('float', 'planes'), makeNode('Sub', ['planes', 'mean'], ['x'])];
  const tensors = [makeTensor('mean', [1, 3, 1, 1], Float32Array.from(means))];
  const padded = convolution('x', 'y', 8, 3);
  const float = network([...nodes, ...padded.nodes], [...tensors, ...padded.tensors]);
  const { graph } = quantizeNetwork(float, await calibrate(float, manifest, crops));
  const { y: expected = new Float32Array() } = await runGraph(float, feeds);
  const { y: actual = new Float32Array() } = await runGraph(graph, feeds);
  const step = Math.max(...expected) / 255;
  const worst = expected.reduce((max, value, at) => Math.max(max, Math.abs(value - (actual[at] ?? Number.NaN))), 0);
  expect(worst).toBeLessThan(steps * step);
});
