import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute } from '../../../model/graph/attribute.ts';
import { modelOf } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import type { GraphProto, ModelProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { schemaFaults } from '../../support/schema-rules.ts';
import { tinyNetwork } from '../../support/tiny-model.ts';

const sound = modelOf(tinyNetwork(4, 32));

function changed(change: (graph: GraphProto) => Partial<GraphProto>): ModelProto {
  if (sound.graph === undefined) throw new RangeError('the tiny network has a graph');
  return { ...sound, graph: { ...sound.graph, ...change(sound.graph) } };
}

describe('the rules of the schema', () => {
  it('hold for the tiny network', () => {
    expect(schemaFaults(sound)).toEqual([]);
  });

  it.each<[string, ModelProto, string]>([
    ['an old IR version', { ...sound, irVersion: 4n }, 'operator set 13 needs IR version 7, got 4'],
    ['no operator set', { ...sound, opsetImport: [] }, 'expected one version of the default operator set'],
    ['a graph without a name', changed(() => ({ name: '' })), 'the graph has no name'],
    [
      'the order of nodes',
      changed(({ node }) => ({ node: node.toReversed() })),
      'Softmax node giving probabilities reads logits before it is defined',
    ],
    [
      'a value defined twice',
      changed(({ node }) => ({ node: [...node, makeNode('Relu', ['conv1'], ['relu1'])] })),
      'Relu node giving relu1 defines relu1 again',
    ],
    [
      'an output that nothing gives',
      changed(({ output }) => ({ output: [...output, makeValue('none', 'float', ['N'])] })),
      'nothing defines the output none',
    ],
    [
      'an unknown attribute',
      changed(({ node }) => ({
        node: [...node, makeNode('Relu', ['conv1'], ['r'], { attributes: [intAttribute('slope', 1)] })],
      })),
      'Relu node giving r has an unknown attribute slope',
    ],
    [
      'an attribute of another type',
      changed(({ node }) => ({
        node: [...node, makeNode('Flatten', ['conv1'], ['r'], { attributes: [floatAttribute('axis', 1)] })],
      })),
      'Flatten node giving r: attribute axis is not of type int',
    ],
    [
      'a missing attribute',
      changed(({ node }) => ({ node: [...node, makeNode('Concat', ['conv1'], ['r'])] })),
      'Concat node giving r lacks the attribute axis',
    ],
    [
      'a missing input',
      changed(({ node }) => ({ node: [...node, makeNode('Conv', ['conv1'], ['r'])] })),
      'Conv node giving r has 1 inputs: 2 to 3',
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
  ])('find %s', (_, model, fault) => {
    expect(schemaFaults(model)).toContain(fault);
  });
});
