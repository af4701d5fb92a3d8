import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { pixelAffines } from '../../../model/passes/pixel-affine.ts';

type Node = ReturnType<typeof makeNode>;

const integers = (name: string, ...values: number[]) =>
  makeTensor(name, [values.length], BigInt64Array.from(values, BigInt));

/** The channels of the image that `value` consists of, and their axis; undefined if it is not affine in the pixels. */
function channelsOf(value: string, nodes: readonly Node[], ...constants: ReturnType<typeof integers>[]) {
  const graph = {
    ...emptyGraph('test', { irVersion: 8, opset: 17 }),
    nodes: [...nodes],
    initializers: new Map(constants.map((tensor) => [tensor.name, tensor])),
  };
  const affine = pixelAffines(graph, { name: 'image', channels: 3, axis: 1, rank: 4 }).get(value);
  return affine && { sources: affine.channels.map(({ source }) => source), axis: affine.axis };
}

const transpose = (...perm: number[]) =>
  makeNode('Transpose', ['image'], ['moved'], { attributes: [intsAttribute('perm', perm)] });

describe('a Transpose', () => {
  it('may move the channels', () => {
    expect(channelsOf('moved', [transpose(0, 2, 3, 1)])).toEqual({ sources: [0, 1, 2], axis: 3 });
  });

  it.each([
    ['rows and columns', [0, 1, 3, 2]],
    ['channels and rows and columns', [0, 3, 2, 1]],
    ['the images', [2, 1, 0, 3]],
  ])('must not exchange %s', (_, perm) => {
    expect(channelsOf('moved', [transpose(...perm)])).toBeUndefined();
  });
});

describe('a Slice in steps of -1', () => {
  const slice = makeNode('Slice', ['image', 'starts', 'ends', 'axes', 'steps'], ['cut']);
  const reversed = (start: number, end: number) =>
    channelsOf(
      'cut',
      [slice],
      ...[integers('starts', start), integers('ends', end), integers('axes', 1), integers('steps', -1)],
    );

  it.each([
    [-1, -4],
    [2, -100],
    [9, -4],
  ])('reverses the channels from %i to before %i', (start, end) => {
    expect(reversed(start, end)).toEqual({ sources: [2, 1, 0], axis: 1 });
  });

  it.each([
    ['without the first', -1, -3],
    ['without the first', 2, 0],
    ['without the last', 1, -4],
  ])('%s is not read: from %i to before %i', (_, start, end) => {
    expect(reversed(start, end)).toBeUndefined();
  });
});

it('a Slice of the rows of one channel is not read as channels', () => {
  const nodes = [
    makeNode('Gather', ['image', 'red'], ['plane'], { attributes: [intAttribute('axis', 1)] }),
    makeNode('Slice', ['plane', 'starts', 'ends'], ['cut']),
  ];
  const red = makeTensor('red', [], BigInt64Array.of(0n));

  expect(channelsOf('plane', nodes, red)).toEqual({ sources: [0], axis: undefined });
  expect(channelsOf('cut', nodes, red, integers('starts', 0, 2), integers('ends', 9, 9))).toBeUndefined();
});
