import { expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../../model/graph/attribute.ts';
import { makeNode } from '../../../model/graph/node.ts';
import type { NodeProto, TensorProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { foldPadding } from '../../../model/passes/fold-padding.ts';
import { expectSame, runGraph } from '../../support/run-graph.ts';
import { convolution, feeds, network } from '../../support/uint8-network.ts';

const a = convolution('x', 'a', 4, 3);
const b = convolution('p', 'b', 4, 4);
const sizes = makeTensor('sizes', [8], BigInt64Array.from([0, 0, 0, 1, 0, 0, 2, 1], BigInt));
const channels = makeTensor('channels', [8], BigInt64Array.from([0, 1, 0, 0, 0, 0, 0, 0], BigInt));
const one = makeTensor('one', [], Float32Array.of(1));
const pad = (from = 'a', pads = 'sizes', value = '') =>
  makeNode('Pad', value === '' ? [from, pads] : [from, pads, value], ['p']);
const pool = (operator: string, from: string, ...attributes: ReturnType<typeof intAttribute>[]) =>
  makeNode(operator, [from], ['y'], { attributes: [intsAttribute('kernel_shape', [3, 3]), ...attributes] });
const half = [intsAttribute('strides', [2, 2]), intsAttribute('pads', [1, 1, 0, 0])];

/** Name, nodes after `a`, shape of `y`. */
const folded: [string, NodeProto[], TensorProto[], (number | string)[]][] = [
  [
    'a convolution with padding of its own',
    [pad(), ...b.nodes, makeNode('Identity', ['b'], ['y'])],
    b.tensors,
    ['N', 4, 18, 18],
  ],
  ['an average pool without padding', [pad(), pool('AveragePool', 'p')], [], ['N', 4, 16, 16]],
  [
    'an average pool that counts padding',
    [pad(), pool('AveragePool', 'p', ...half, intAttribute('count_include_pad', 1))],
    [],
    ['N', 4, 9, 9],
  ],
  ['a max pool after a Relu', [pad(), pool('MaxPool', 'p', intsAttribute('strides', [2, 2]))], [], ['N', 4, 8, 8]],
];

const kept: typeof folded = [
  ['a max pool of negative values', [pad('a_c'), pool('MaxPool', 'p')], [], ['N', 4, 16, 16]],
  ['an average pool whose padding does not count', [pad(), pool('AveragePool', 'p', ...half)], [], ['N', 4, 9, 9]],
  [
    'a pool whose window would be no larger than the padding',
    [pad(), pool('AveragePool', 'p', intsAttribute('pads', [0, 0, 1, 1]), intAttribute('count_include_pad', 1))],
    [],
    ['N', 4, 17, 17],
  ],
  [
    'an average pool that rounds its size up',
    [pad(), pool('AveragePool', 'p', intsAttribute('strides', [2, 2]), intAttribute('ceil_mode', 1))],
    [],
    ['N', 4, 9, 9],
  ],
  ['ones', [pad('a', 'sizes', 'one'), pool('AveragePool', 'p')], [], ['N', 4, 16, 16]],
  ['a channel', [pad('a', 'channels'), pool('AveragePool', 'p')], [], ['N', 5, 14, 14]],
  [
    'mirrored pixels',
    [{ ...pad(), attribute: [stringAttribute('mode', 'reflect')] }, pool('AveragePool', 'p')],
    [],
    ['N', 4, 16, 16],
  ],
  ['a reader that is not a window', [pad(), makeNode('Sigmoid', ['p'], ['y'])], [], ['N', 4, 18, 18]],
];

const graphOf = (nodes: readonly NodeProto[], tensors: readonly TensorProto[], shape: readonly (number | string)[]) =>
  network([...a.nodes, ...nodes], [...a.tensors, ...tensors, sizes, channels, one], shape);

it.each(folded)('moves zeros into %s', async (_, nodes, tensors, shape) => {
  const before = graphOf(nodes, tensors, shape);
  const { graph, modified } = foldPadding(before);
  expect(modified).toBe(true);
  expect(graph.nodes.map(({ opType }) => opType)).not.toContain('Pad');
  expectSame(await runGraph(graph, feeds), await runGraph(before, feeds));
});

it.each(kept)('keeps the Pad before or of %s', (_, nodes, tensors, shape) => {
  const before = graphOf(nodes, tensors, shape);
  expect(foldPadding(before)).toEqual({ graph: before, modified: false });
});

it('reads the attributes of older operator sets', async () => {
  const old = makeNode('Pad', ['a'], ['p'], {
    attributes: [intsAttribute('pads', [0, 0, 1, 1, 0, 0, 1, 1]), floatAttribute('value', 0)],
  });
  const before = network([...a.nodes, old, pool('AveragePool', 'p')], a.tensors, ['N', 4, 16, 16], { opset: 10 });
  const { graph, modified } = foldPadding(before);
  expect(modified).toBe(true);
  expectSame(await runGraph(graph, feeds), await runGraph(before, feeds));
});
