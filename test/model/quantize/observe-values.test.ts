import { expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import type { NodeProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { mergeObservations, observeValues } from '../../../model/quantize/observe-values.ts';

const size = 4;
const manifest = {
  file: 'test.onnx',
  input: { name: 'image', dtype: 'uint8', layout: 'NHWC', shape: [size, size, 3] },
} satisfies Parameters<typeof observeValues>[1];
const of = (...last: number[]) =>
  Uint8Array.from([...new Array<number>(size * size * 3 - last.length).fill(7), ...last]);

function network(...nodes: NodeProto[]): Graph {
  const constants = [makeTensor('large', [], Float32Array.of(3e38)), makeTensor('zero', [], Float32Array.of(0))];
  return {
    ...emptyGraph('test', { irVersion: 8, opset: 11 }),
    inputs: [makeValue('image', 'uint8', ['N', size, size, 3])],
    outputs: [makeValue('x', 'float', ['N', size, size, 3])],
    nodes: [makeNode('Cast', ['image'], ['x'], { attributes: [intAttribute('to', 1)] }), ...nodes],
    initializers: new Map(constants.map((tensor) => [tensor.name, tensor])),
  };
}

it('records the smallest and the largest number over all images, and the shape of one', async () => {
  const planes = makeNode('Transpose', ['x'], ['p'], { attributes: [intsAttribute('perm', [0, 3, 1, 2])] });
  const graph = network(planes);
  const observed = await observeValues(graph, manifest, [of(0, 9), of(200)], ['x', 'p']);
  expect(observed).toEqual(
    new Map([
      ['x', { min: 0, max: 200, shape: [size, size, 3] }],
      ['p', { min: 0, max: 200, shape: [3, size, size] }],
    ]),
  );
  const [some, others] = [
    await observeValues(graph, manifest, [of(0, 9)], ['x']),
    await observeValues(graph, manifest, [of(200)], ['p']),
  ];
  expect(mergeObservations(some, others, 1 / 2)).toEqual(
    new Map([
      ['x', { min: 0, max: 9, shape: [size, size, 3] }],
      ['p', { min: 7, max: 200, shape: [3, size, size] }],
    ]),
  );
});

it('records the mean of each channel over positions and images', async () => {
  const planes = makeNode('Transpose', ['x'], ['p'], { attributes: [intsAttribute('perm', [0, 3, 1, 2])] });
  const averaged = new Set(['p']);
  const observe = (...images: Uint8Array[]) => observeValues(network(planes), manifest, images, ['x', 'p'], averaged);
  const [red, green, blue] = [of(0, 7, 7), of(7, 39, 7), of(7, 7, 55)];
  const some = await observe(red, green);
  expect(some.get('p')?.channelMeans).toEqual([7 - 7 / 32, 8, 7]);
  expect(some.get('x')).not.toHaveProperty('channelMeans');
  const merged = mergeObservations(some, await observe(blue, blue, blue), 2 / 5).get('p')?.channelMeans ?? [];
  const expected = (await observe(red, green, blue, blue, blue)).get('p')?.channelMeans ?? expect.unreachable();
  for (const [channel, mean] of expected.entries()) expect(merged[channel]).toBeCloseTo(mean, 5);
});

it('records one mean for each channel of windows that were moved to the first axis', async () => {
  const planes = makeNode('Transpose', ['x'], ['p'], { attributes: [intsAttribute('perm', [0, 3, 1, 2])] });
  const graph = network(planes, makeNode('Reshape', ['p', 'windows'], ['w']));
  const windows = makeTensor('windows', [4], BigInt64Array.of(-1n, 3n, 2n, 2n));
  const whole = { ...graph, initializers: new Map([...graph.initializers, ['windows', windows]]) };
  const observed = await observeValues(whole, manifest, [of(55)], ['w'], new Set(['w']));
  expect(observed.get('w')?.channelMeans).toEqual([7, 7, 7 + 48 / 16]);
});

it('records numbers whose sum is infinite', async () => {
  const graph = network(makeNode('Mul', ['x', 'large'], ['y']), makeNode('Min', ['large', 'y'], ['z']));
  const observed = await observeValues(graph, manifest, [of()], ['z']);
  expect(observed.get('z')).toMatchObject({ min: Math.fround(3e38), max: Math.fround(3e38) });
});

it.each([
  ['the first number', Uint8Array.from([0, ...of().subarray(1)])],
  ['the last number', of(0)],
])('rejects a value of which only %s is not a number', async (_, crop) => {
  const graph = network(makeNode('Div', ['x', 'x'], ['y']));
  await expect(observeValues(graph, manifest, [of(), crop], ['y'])).rejects.toThrow(
    'Div node with output y cannot be converted: the range of y is not finite (NaN to NaN)',
  );
});

it('rejects an infinite value', async () => {
  const graph = network(makeNode('Div', ['x', 'zero'], ['y']));
  await expect(observeValues(graph, manifest, [of()], ['y'])).rejects.toThrow('the range of y is not finite');
});
