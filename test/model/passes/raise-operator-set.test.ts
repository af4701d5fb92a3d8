import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import type { AttributeProto, NodeProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { raiseOperatorSet } from '../../../model/passes/raise-operator-set.ts';
import { floatsAttribute } from '../../support/floats-attribute.ts';
import { expectSame, runGraph, wave } from '../../support/run-graph.ts';

const statistics = ['scale', 'bias', 'mean', 'variance'];

/** Nodes that compute `y` from `x` [N, 3, 6, 7] and constants per channel. */
function network(opset: number, ...nodes: NodeProto[]): Graph {
  const numbers = statistics.map((name, index) => makeTensor(name, [3], wave(3, index).map(Math.abs)));
  const twice = makeTensor('twice', [4], Float32Array.of(1, 1, 2, 3));
  return {
    ...emptyGraph('old', { irVersion: 4, opset }),
    inputs: [makeValue('x', 'float', ['N', 3, 6, 7])],
    outputs: [makeValue('y', 'float', ['A', 'B', 'C', 'D'])],
    nodes,
    initializers: new Map([...numbers, twice].map((tensor) => [tensor.name, tensor])),
  };
}

const node = (opType: string, attributes: AttributeProto[] = [], inputs: string[] = [], outputs = ['y']) =>
  makeNode(opType, ['x', ...inputs], outputs, { attributes });
const input = { x: { shape: [2, 3, 6, 7], data: wave(2 * 3 * 6 * 7, 9) } };
const mode = (name: string) => stringAttribute('mode', name);
const ints = intsAttribute;
const toTheEnd = { ...ints('ends', [0]), ints: [2n ** 63n - 1n] };

describe('raiseOperatorSet', () => {
  it.each<[string, Graph]>([
    [
      'Upsample with scales as an attribute',
      network(7, node('Upsample', [mode('nearest'), floatsAttribute('scales', [1, 1, 2, 3])])),
    ],
    ['linear Upsample', network(8, node('Upsample', [mode('linear'), floatsAttribute('scales', [1, 1, 2, 2.5])]))],
    [
      'Upsample by fractional scales',
      network(8, node('Upsample', [mode('nearest'), floatsAttribute('scales', [1, 1, 1.3, 1.7])])),
    ],
    ['Upsample with scales as an input', network(9, node('Upsample', [mode('nearest')], ['twice']))],
    [
      'Slice of some axes',
      network(9, node('Slice', [ints('axes', [1, 3]), ints('starts', [1, -4]), ints('ends', [99, -1])])),
    ],
    ['Slice of the first axes', network(7, node('Slice', [ints('starts', [1, 0]), ints('ends', [2, 2])]))],
    ['Slice to the end', network(9, node('Slice', [ints('axes', [3]), ints('starts', [2]), toTheEnd]))],
    ['TopK', network(9, node('TopK', [intAttribute('k', 2), intAttribute('axis', 3)], [], ['y', 'indices']))],
    [
      'BatchNormalization per channel',
      network(7, node('BatchNormalization', [intAttribute('spatial', 1), floatAttribute('epsilon', 0.1)], statistics)),
    ],
    ['Dropout with an unused mask', network(7, node('Dropout', [floatAttribute('ratio', 0.5)], [], ['y', 'mask']))],
    ['pools', network(7, node('MaxPool', [ints('kernel_shape', [2, 2])]))],
    ['Max of two values', network(7, node('Max', [], ['x']))],
  ])('preserves the output of %s', async (_, before) => {
    const { graph, modified } = raiseOperatorSet(before);
    expect([modified, graph.opset, graph.irVersion]).toEqual([true, 10, 5]);
    expectSame(await runGraph(graph, input), await runGraph(before, input));
  });

  it.each<[Graph, RegExp]>([
    [network(6, node('Relu')), /operator set 6 is too old: export the model with operator set 7 or later/],
    [
      network(7, node('BatchNormalization', [intAttribute('spatial', 0)], statistics)),
      /^BatchNormalization node with output y cannot be raised from operator set 7 to 10: .*spatial is not 1/,
    ],
    [
      network(9, node('Dropout', [], [], ['z', 'mask']), makeNode('Identity', ['mask'], ['y'])),
      /^Dropout node with output z cannot be raised from operator set 9 to 10: its mask mask is read/,
    ],
    [network(9, node('ImageScaler')), /^ImageScaler node with output y .*the operator was removed/],
    [network(8, node('MeanVarianceNormalization')), /^MeanVarianceNormalization node with output y .*redefined in 9/],
  ])('rejects incompatible nodes by name', (graph, text) => {
    expect(() => raiseOperatorSet(graph)).toThrow(text);
  });

  it('leaves operator set 10 and later unchanged', () => {
    for (const opset of [10, 13]) {
      const graph = network(opset, node('Relu'));
      expect(raiseOperatorSet(graph)).toEqual({ graph, modified: false });
    }
  });
});
