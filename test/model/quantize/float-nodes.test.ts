import { expect, it } from 'vitest';
import { intAttribute, intsAttribute, stringAttribute } from '../../../model/graph/attribute.ts';
import { makeNode } from '../../../model/graph/node.ts';
import type { NodeProto, TensorProto } from '../../../model/onnx/onnx_pb.ts';
import { floatData, makeTensor } from '../../../model/onnx/tensor.ts';
import type { FloatNode } from '../../../model/quantize/float-node.ts';
import { floatsAttribute } from '../../support/floats-attribute.ts';
import { expectNear, quantized } from '../../support/quantized-network.ts';
import { wave } from '../../support/run-graph.ts';
import { convolution, network, size } from '../../support/uint8-network.ts';

const a = convolution('x', 'a', 8, 3);
const b1 = convolution('a', 'b1', 4, 8, 1);
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
    'an operator without an int8 kernel',
    [makeNode('Tanh', ['a'], ['y'])],
    [],
    ['N', 8, size, size],
    ['Tanh node with output y: no int8 kernel'],
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
    ['Tanh node with output t: no int8 kernel'],
  ],
  [
    'a map that is split along its rows',
    [makeNode('Split', ['a'], ['s1', 'y'], { attributes: [intAttribute('axis', 2)] })],
    [],
    ['N', 8, size / 2, size],
    ['Split node with output s1: no int8 kernel for this form'],
  ],
  [
    'batch normalization after a pool, and the float nodes between it and the next convolution',
    [
      makeNode('MaxPool', ['a'], ['p'], {
        attributes: [intsAttribute('kernel_shape', [2, 2]), intsAttribute('strides', [2, 2])],
      }),
      makeNode('BatchNormalization', ['p', 'n_s', 'n_b', 'n_m', 'n_v'], ['n']),
      makeNode('Tanh', ['n'], ['t']),
      ...b4.nodes,
    ],
    [...statistics(8), ...b4.tensors],
    ['N', 4, 8, 8],
    ['BatchNormalization node with output n: no int8 kernel', 'Tanh node with output t: no int8 kernel'],
  ],
];

const described = ({ inFloat }: { inFloat: readonly FloatNode[] }) =>
  inFloat.map(({ node, reason }) => `${node}: ${reason}`);

it.each(cases)('keeps %s within a few quantization steps', async (_, nodes, tensors, shape, inFloat) => {
  const float = network([...a.nodes, ...nodes], [...a.tensors, ...tensors], shape);
  const result = await quantized(float);
  expect(described(result)).toEqual(inFloat);
  expect(result.graph.nodes.map(({ opType }) => opType)).toContain('QLinearConv');
  await expectNear(result.graph, float);
});

it('names a HardSwish, and a Relu that reads the floats of it', async () => {
  const nodes = [...a.nodes, makeNode('HardSwish', ['a'], ['h']), makeNode('Relu', ['h'], ['t']), ...b4.nodes];
  const float = network(nodes, [...a.tensors, ...b4.tensors], ['N', 4, size, size], { opset: 14 });
  const result = await quantized(float);
  expect(described(result)).toEqual([
    'HardSwish node with output h: no int8 kernel',
    'Relu node with output t: reads the floats of another node',
  ]);
  await expectNear(result.graph, float);
});

it('keeps the weights of a float layer between bytes as precise as they are', async () => {
  const b = convolution('a', 'b', 8, 8);
  const [filters, bias] = b.tensors;
  if (filters === undefined || bias === undefined) throw new Error('a convolution has weights and a bias');
  // Channel 0 of the map is 0 in every image, and its weights are far larger than the others.
  const weights = floatData(filters).map((value, at) => (Math.floor(at / 9) % 8 === 0 ? 1e4 * value : value));
  const wide = [makeTensor('b_w', [8, 8, 3, 3], weights), bias];
  const [pixelWeights, pixelBias] = a.tensors;
  if (pixelWeights === undefined || pixelBias === undefined) throw new Error('a convolution has weights and a bias');
  const dead = makeTensor(
    'a_b',
    [8],
    floatData(pixelBias).map((value, at) => (at === 0 ? -1e3 : value)),
  );
  const c = convolution('b', 'y', 4, 8);
  const nodes = [...a.nodes, ...b.nodes, ...c.nodes];
  const float = network(nodes, [pixelWeights, dead, ...wide, ...c.tensors], ['N', 4, size, size]);
  const result = await quantized(float, (output) => output === 'b_c');
  expect(described(result)).toEqual([
    'Conv node with output b_c: costs too much agreement',
    'Relu node with output b: reads the floats of another node',
  ]);
  await expectNear(result.graph, float, { optimized: true });
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
  expect([result.graph.opset, described(result)]).toEqual([10, ['Resize node with output y: no int8 kernel']]);
  await expectNear(result.graph, float);
});
