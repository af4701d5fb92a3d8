import { expect, it } from 'vitest';
import { emptyGraph, type Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { removeOutputRounding } from '../../../model/import/head/remove-output-rounding.ts';

/** A Softmax whose values are rounded: `rounded`, the output. */
const rounding: Graph = {
  ...emptyGraph('test', { irVersion: 8, opset: 17 }),
  outputs: [makeValue('rounded', 'float', ['N', 4])],
  nodes: [
    makeNode('Softmax', ['logits'], ['probabilities']),
    makeNode('QuantizeLinear', ['probabilities', 'step'], ['integers']),
    makeNode('DequantizeLinear', ['integers', 'step'], ['numbers']),
    makeNode('Flatten', ['numbers'], ['rounded']),
  ],
};
const operators = ({ nodes }: Graph) => nodes.map(({ opType }) => opType);

it('removes the rounding of probabilities', () => {
  const { graph, modified } = removeOutputRounding(rounding, 'rounded');

  expect(modified).toBe(true);
  expect(operators(graph)).toEqual(['Softmax', 'Identity', 'Identity', 'Flatten']);
});

it.each(['integers', 'numbers'])('keeps the rounding if another node reads the %s', (value) => {
  const nodes = [...rounding.nodes, makeNode('Relu', [value], ['other'])];

  expect(removeOutputRounding({ ...rounding, nodes }, 'rounded').modified).toBe(false);
});

it('keeps the rounding if its integers are an output too', () => {
  const outputs = [...rounding.outputs, makeValue('integers', 'uint8', ['N', 4])];

  expect(removeOutputRounding({ ...rounding, outputs }, 'rounded').modified).toBe(false);
});
