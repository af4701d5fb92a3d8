import { makeNode } from '../../../../../model/graph/node.ts';
import type { GradientCase } from '../check-gradient.ts';
import { map, zip } from '../reference/array.ts';
import { oneNode, several } from './one-node.ts';

const sum = (a: number, b: number) => a + b;
const difference = (a: number, b: number) => a - b;
const product = (a: number, b: number) => a * b;

function pair(
  operator: string,
  a: readonly number[],
  b: readonly number[],
  combine: (a: number, b: number) => number,
): GradientCase {
  return oneNode(operator, { a, b }, (of) => zip(of('a'), of('b'), combine));
}

function each(operator: string, change: (value: number) => number): GradientCase {
  return oneNode(operator, { a: [2, 3, 4] }, (of) => map(of('a'), change));
}

/** Elementwise operators. */
export const elements: Record<string, GradientCase> = {
  Relu: each('Relu', (value) => Math.max(0, value)),
  Tanh: each('Tanh', Math.tanh),
  Sigmoid: each('Sigmoid', (value) => 1 / (1 + Math.exp(-value))),
  Identity: each('Identity', (value) => value),
  Add: pair('Add', [2, 3, 2, 2], [3, 1, 1], sum),
  'Add of a scalar': pair('Add', [], [2, 3], sum),
  'Add of one element': pair('Add', [2, 3], [1, 1], sum),
  'Add to itself': several([makeNode('Add', ['a', 'a'], ['y'])], (a) => zip(a, a, sum)),
  Sub: pair('Sub', [2, 3], [2, 1], difference),
  'Sub of a scalar': pair('Sub', [2, 3, 2], [], difference),
  'Sub from a row': pair('Sub', [3], [2, 3], difference),
  'Sub from itself': several([makeNode('Sub', ['a', 'a'], ['none']), makeNode('Add', ['none', 'a'], ['y'])], (a) => a),
  Mul: pair('Mul', [2, 3, 2, 2], [1, 3, 1, 1], product),
  'Mul by a scalar': pair('Mul', [2, 3], [], product),
  'Mul, both broadcast': pair('Mul', [3, 1, 2], [1, 4, 1], product),
  'Mul by itself': several([makeNode('Mul', ['a', 'a'], ['y'])], (a) => zip(a, a, product)),
  'Mul, a cube': several([makeNode('Mul', ['a', 'a'], ['square']), makeNode('Mul', ['square', 'a'], ['y'])], (a) =>
    map(a, (value) => value ** 3),
  ),
  Div: { ...pair('Div', [2, 3], [3], (a, b) => a / b), spread: true },
  'Div of a row': { ...pair('Div', [3], [2, 3], (a, b) => a / b), spread: true },
  Sum: oneNode('Sum', { a: [2, 3], b: [3], c2: [2, 1] }, (of) => zip(zip(of('a'), of('b'), sum), of('c2'), sum)),
  'Sum of one': oneNode('Sum', { a: [2, 3] }, (of) => of('a')),
};
