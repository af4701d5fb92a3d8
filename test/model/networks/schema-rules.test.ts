import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute } from '../../../model/graph/attribute.ts';
import { modelOf } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import type { GraphProto, ModelProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { schemaFaults } from '../../support/schema-rules.ts';
import { tinyNetwork } from '../../support/tiny-model.ts';

const valid = modelOf(tinyNetwork(4, 32));

function changed(change: (graph: GraphProto) => Partial<GraphProto>): ModelProto {
  if (valid.graph === undefined) throw new RangeError('the tiny network has a graph');
  return { ...valid, graph: { ...valid.graph, ...change(valid.graph) } };
}

describe('the rules of the schema', () => {
  it('accept the tiny network', () => {
    expect(schemaFaults(valid)).toEqual([]);
  });

  it.each<[string, ModelProto, string]>([
    ['an old IR version', { ...valid, irVersion: 4n }, 'operator set 13 needs IR version 7, got 4'],
    ['no operator set', { ...valid, opsetImport: [] }, 'expected one version of the default operator set'],
    ['a graph without a name', changed(() => ({ name: '' })), 'the graph has no name'],
    [
      'nodes in the wrong order',
      changed(({ node }) => ({ node: node.toReversed() })),
      'Softmax node with output probabilities reads logits before it is defined',
    ],
    [
      'a value defined twice',
      changed(({ node }) => ({ node: [...node, makeNode('Relu', ['conv1'], ['relu1'])] })),
      'Relu node with output relu1 defines relu1 again',
    ],
    [
      'an output that no node produces',
      changed(({ output }) => ({ output: [...output, makeValue('none', 'float', ['N'])] })),
      'the output none is not defined',
    ],
    [
      'an unknown attribute',
      changed(({ node }) => ({
        node: [...node, makeNode('Relu', ['conv1'], ['r'], { attributes: [intAttribute('slope', 1)] })],
      })),
      'Relu node with output r has an unknown attribute slope',
    ],
    [
      'an attribute of another type',
      changed(({ node }) => ({
        node: [...node, makeNode('Flatten', ['conv1'], ['r'], { attributes: [floatAttribute('axis', 1)] })],
      })),
      'Flatten node with output r: attribute axis is not of type int',
    ],
    [
      'a missing attribute',
      changed(({ node }) => ({ node: [...node, makeNode('Concat', ['conv1'], ['r'])] })),
      'Concat node with output r lacks the attribute axis',
    ],
    [
      'a missing input',
      changed(({ node }) => ({ node: [...node, makeNode('Conv', ['conv1'], ['r'])] })),
      'Conv node with output r has 1 inputs: 2 to 3',
    ],
    [
      'weights that are too short',
      changed(({ initializer }) => ({
        initializer: [...initializer, { ...makeTensor('w', [2], Float32Array.of(1, 2)), dims: [3n] }],
      })),
      'initializer w has 2 elements: its shape holds 3',
    ],
    [
      'an output without a type',
      changed(({ output }) => ({ output: output.map(({ type: _, ...value }) => value) })),
      'probabilities states no tensor type',
    ],
  ])('report %s', (_, model, fault) => {
    expect(schemaFaults(model)).toContain(fault);
  });
});
