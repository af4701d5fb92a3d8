import { expect, it } from 'vitest';
import { emptyGraph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { findReducedPrecision } from '../../../model/graph/require-float.ts';

const precisionOf = (opType: string) =>
  findReducedPrecision({
    ...emptyGraph('one', { irVersion: 8, opset: 13 }),
    nodes: [makeNode(opType, ['x'], ['y'])],
  });

it.each(['QLinearConv', 'QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear', 'ConvInteger', 'MatMulInteger'])(
  'a network with %s is int8',
  (opType) => {
    expect(precisionOf(opType)).toBe('int8');
  },
);

it.each(['Conv', 'MatMul', 'Gemm'])('a network with %s and float weights is float', (opType) => {
  expect(precisionOf(opType)).toBeUndefined();
});
