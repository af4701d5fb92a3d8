import { describe, expect, it } from 'vitest';
import {
  floatAttribute,
  getFloat,
  getInt,
  getInts,
  getString,
  getTensor,
  intAttribute,
  intsAttribute,
  stringAttribute,
  tensorAttribute,
} from '../../../model/graph/attribute.ts';
import { checkGraph, emptyGraph, graphOf, modelOf } from '../../../model/graph/graph.ts';
import { linksOf } from '../../../model/graph/links.ts';
import { freshName, renameValue, valueNames } from '../../../model/graph/names.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue, tensorType } from '../../../model/graph/value.ts';
import { elementType } from '../../../model/onnx/element-type.ts';
import { decodeModel, encodeModel } from '../../../model/onnx/model-file.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { tinyNetwork } from '../../support/tiny-model.ts';

const diamond = {
  ...emptyGraph('diamond', { irVersion: 8, opset: 13 }),
  inputs: [makeValue('x', 'float', ['N', 2])],
  outputs: [makeValue('y', 'float', ['N', 2])],
  nodes: [
    makeNode('Relu', ['x'], ['a']),
    makeNode('Neg', ['x'], ['b']),
    makeNode('Add', ['a', 'b'], ['y'], { name: 'join' }),
  ],
};

describe('a graph', () => {
  it('is unchanged after encoding and decoding', () => {
    const graph = tinyNetwork(4, 32);
    const model = modelOf(graph);
    const decoded = graphOf(decodeModel(encodeModel(model)));
    expect(modelOf(decoded)).toEqual(model);
    expect(decoded.opset).toBe(graph.opset);
    expect([...decoded.initializers.keys()]).toEqual([...graph.initializers.keys()]);
  });

  it('writes an IR version and operator set raised by a pass', () => {
    const model = modelOf({ ...diamond, irVersion: 9, opset: 17 });
    expect(model.irVersion).toBe(9n);
    expect(model.opsetImport.map(({ version }) => version)).toEqual([17n]);
  });

  it.each([
    ['an undefined value', [makeNode('Relu', ['z'], ['y'])], 'Relu node with output y reads z, which no earlier node'],
    ['a value read before its node', diamond.nodes.toReversed(), 'Add node join reads a, which no earlier node'],
    ['a value defined twice', [...diamond.nodes, makeNode('Neg', ['x'], ['a'])], 'a, which is already defined'],
    ['a missing output', diamond.nodes.slice(0, 2), 'no node of the graph produces its output y'],
  ])('is rejected with %s', (_, nodes, message) => {
    expect(() => checkGraph({ ...diamond, nodes })).toThrow(message);
  });

  it('is rejected if two weights share a name', () => {
    const model = modelOf(tinyNetwork(4, 32));
    const [first] = model.graph?.initializer ?? [];
    if (first !== undefined) model.graph?.initializer.push(first);
    expect(() => graphOf(model)).toThrow('two weights of the model share a name');
  });

  it('indexes the producer and consumers of each value', () => {
    const links = linksOf(diamond);
    expect(links.producer('a')?.opType).toBe('Relu');
    expect(links.producer('x')).toBeUndefined();
    expect(links.consumers('x').map(({ opType }) => opType)).toEqual(['Relu', 'Neg']);
    expect(links.consumers('y')).toEqual([]);
    expect([links.isInput('x'), links.isOutput('y'), links.isOutput('a')]).toEqual([true, true, false]);
  });

  it('finds names that are not used', () => {
    expect(freshName(diamond, 'new')).toBe('new');
    expect(freshName(diamond, 'a')).toBe('a_1');
  });

  it('renames a value everywhere, and another value that already has the new name', () => {
    const renamed = renameValue(diamond, 'y', 'a');
    expect(renamed.outputs.map(({ name }) => name)).toEqual(['a']);
    expect(renamed.nodes.map(({ output }) => output)).toEqual([['a_1'], ['b'], ['a']]);
    expect(valueNames(renamed)).not.toContain('y');
    expect(() => checkGraph(renamed)).not.toThrow();
    expect(diamond.nodes[0]?.output).toEqual(['a']);
  });
});

describe('attributes', () => {
  const tensor = makeTensor('t', [1], Float32Array.of(2));
  const node = makeNode('Any', [], ['y'], {
    attributes: [
      floatAttribute('alpha', 0.5),
      intAttribute('axis', -1),
      intsAttribute('pads', [1, 2]),
      stringAttribute('mode', 'constant'),
      tensorAttribute('value', tensor),
    ],
  });

  it('are read with their types', () => {
    expect(getFloat(node, 'alpha', 1)).toBe(0.5);
    expect(getInt(node, 'axis', 1)).toBe(-1);
    expect(getInts(node, 'pads')).toEqual([1, 2]);
    expect(getString(node, 'mode', '')).toBe('constant');
    expect(getTensor(node, 'value')).toBe(tensor);
  });

  it('default to a fallback', () => {
    expect(getFloat(node, 'beta', 1)).toBe(1);
    expect(getInts(node, 'strides')).toBeUndefined();
  });

  it('are rejected if they have another type', () => {
    expect(() => getInt(node, 'alpha', 1)).toThrow(
      'Any node with output y: expected attribute alpha of ONNX attribute type 2',
    );
  });
});

it('a value keeps its type and its fixed and dynamic axes', () => {
  const value = makeValue('v', 'uint8', ['N', 3]);
  expect(tensorType(value)).toEqual({ dataType: elementType.uint8, shape: ['N', 3] });
});
