import { expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { isPointwise } from '../../../model/graph/classifier-tail.ts';
import { emptyGraph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import type { AttributeProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';

const graph = {
  ...emptyGraph('pointwise', { irVersion: 8, opset: 13 }),
  initializers: new Map([
    ['w', makeTensor('w', [4, 2, 1, 1], new Float32Array(8))],
    ['w3', makeTensor('w3', [4, 2, 3, 3], new Float32Array(72))],
  ]),
};

// A padded or strided convolution changes the size of the maps, so that averaging does not commute with it.
it.each<[string, boolean, string, AttributeProto[]]>([
  ['a 1×1 Conv', true, 'w', []],
  [
    'a 1×1 Conv with explicit defaults',
    true,
    'w',
    [intsAttribute('pads', [0, 0, 0, 0]), intsAttribute('strides', [1, 1])],
  ],
  ['a 1×1 Conv with padding', false, 'w', [intsAttribute('pads', [0, 0, 1, 1])]],
  ['a 1×1 Conv with strides', false, 'w', [intsAttribute('strides', [2, 2])]],
  ['a 1×1 Conv in groups', false, 'w', [intAttribute('group', 2)]],
  ['a 3×3 Conv', false, 'w3', []],
  ['a Conv with computed weights', false, 'computed', []],
])('%s is a linear layer over maps: %s', (_, expected, weights, attributes) => {
  expect(isPointwise(makeNode('Conv', ['x', weights], ['y'], { attributes }), graph)).toBe(expected);
});
