import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { type AttributeProto, type NodeProto, OperatorSetIdProtoSchema } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { raiseOperatorSetTo } from '../../../model/passes/raise-operator-set-to.ts';
import { expectSame, runGraph, wave } from '../../support/run-graph.ts';

const statistics = ['scale', 'bias', 'mean', 'variance'];
const ranks = new Map([['x', 4]]);
const feeds = { x: { shape: [2, 3, 6, 7], data: wave(2 * 3 * 6 * 7, 9) } };

/** Nodes that compute `y` from `x` [N, 3, 6, 7] and constants per channel. */
function network(opset: number, ...nodes: NodeProto[]): Graph {
  const numbers = statistics.map((name, index) => makeTensor(name, [3], wave(3, index).map(Math.abs)));
  return {
    ...emptyGraph('old', { irVersion: 4, opset }),
    inputs: [makeValue('x', 'float', ['N', 3, 6, 7])],
    outputs: [makeValue('y', 'float', nodes.at(-1)?.opType === 'Squeeze' ? ['A', 'B', 'C'] : ['A', 'B', 'C', 'D'])],
    nodes,
    initializers: new Map([...numbers, makeTensor('row', [7], wave(7, 5))].map((tensor) => [tensor.name, tensor])),
  };
}

function withDomain(graph: Graph): Graph {
  const domain = create(OperatorSetIdProtoSchema, { domain: 'com.microsoft', version: 1n });
  return { ...graph, rest: { ...graph.rest, opsetImport: [...graph.rest.opsetImport, domain] } };
}

const node = (opType: string, attributes: AttributeProto[] = [], inputs: string[] = [], outputs = ['y']) =>
  makeNode(opType, ['x', ...inputs], outputs, { attributes });
const ints = intsAttribute;
const sums = makeNode('Add', ['first', 'second'], ['y']);

describe('raiseOperatorSetTo', () => {
  it.each<[string, Graph]>([
    ['Clip with limits', network(9, node('Clip', [floatAttribute('min', -0.5), floatAttribute('max', 0.25)]))],
    ['Clip without an upper limit', network(10, node('Clip', [floatAttribute('min', 0)]))],
    ['Pad', network(10, node('Pad', [ints('pads', [0, 0, 1, 2, 0, 0, 0, 1]), floatAttribute('value', 0.5)]))],
    ['Split into equal parts', network(12, node('Split', [intAttribute('axis', 2)], [], ['first', 'second']), sums)],
    [
      'Split into parts of a given size',
      network(11, node('Split', [intAttribute('axis', 2), ints('split', [3, 3])], [], ['first', 'second']), sums),
    ],
    ['ReduceSum', network(11, node('ReduceSum', [ints('axes', [2, 3]), intAttribute('keepdims', 1)]))],
    ['ReduceMean', network(13, node('ReduceMean', [ints('axes', [3]), intAttribute('keepdims', 1)]))],
    ['Softmax over the last axis', network(11, node('Softmax', [intAttribute('axis', 3)]))],
    ['LogSoftmax over the axis -1', network(12, node('LogSoftmax', [intAttribute('axis', -1)]))],
    ['BatchNormalization', network(9, node('BatchNormalization', [floatAttribute('epsilon', 0.1)], statistics))],
    ['Dropout', network(10, node('Dropout', [floatAttribute('ratio', 0.5)]))],
    ['a pool', network(10, node('AveragePool', [ints('kernel_shape', [2, 2])]))],
    [
      'Squeeze',
      network(
        12,
        node('ReduceMax', [ints('axes', [2]), intAttribute('keepdims', 1)], [], ['max']),
        makeNode('Squeeze', ['max'], ['y'], { attributes: [ints('axes', [2])] }),
      ),
    ],
  ])('preserves the output of %s', async (_, before) => {
    const graph = raiseOperatorSetTo(before, 18, ranks);
    expect([graph.opset, graph.irVersion]).toEqual([18, 8]);
    expectSame(await runGraph(graph, feeds), await runGraph(before, feeds));
  });

  it('states the number of equal parts of a Split: onnxruntime aborts the process if it is another', () => {
    const equal = node('Split', [intAttribute('axis', 2)], [], ['first', 'second', 'third']);
    const [split] = raiseOperatorSetTo(network(12, equal), 18, ranks).nodes;
    expect(split?.attribute).toEqual([intAttribute('axis', 2), intAttribute('num_outputs', 3)]);
    const given = node('Split', [ints('split', [3, 3])], [], ['first', 'second']);
    const [sized] = raiseOperatorSetTo(network(12, given), 18, ranks).nodes;
    expect(sized?.attribute).toEqual([]);
  });

  it('leaves nodes alone whose operator did not change in between', async () => {
    const before = network(13, node('Softmax', [intAttribute('axis', 1)]));
    expect(raiseOperatorSetTo(before, 17, ranks).nodes).toEqual(before.nodes);
  });

  it.each<[string, Graph]>([
    ['LayerNormalization', network(17, node('LayerNormalization', [intAttribute('axis', -1)], ['row']))],
    ['ThresholdedRelu', network(10, node('ThresholdedRelu', [floatAttribute('alpha', 0.25)]))],
    ['DepthToSpace', network(11, node('DepthToSpace', [intAttribute('blocksize', 1)]))],
    ['ReduceSumSquare', network(13, node('ReduceSumSquare', [ints('axes', [3]), intAttribute('keepdims', 1)]))],
    ['an operator of another domain', withDomain(network(13, { ...node('Gelu'), domain: 'com.microsoft' }))],
  ])('preserves the output of %s, which later sets did not change', async (_, before) => {
    const graph = raiseOperatorSetTo(before, 18, ranks);
    expectSame(await runGraph(graph, feeds), await runGraph(before, feeds));
  });

  it.each<[Graph, RegExp]>([
    [
      network(9, node('Softmax', [intAttribute('axis', 1)])),
      /^Softmax node with output y has another meaning in operator set 18 than in 9; export the model with operator set 18$/,
    ],
    [network(10, node('Resize', [], ['scale'])), /^Resize node with output y has another meaning/],
    [
      network(13, node('Bernoulli')),
      /^Bernoulli node with output y cannot be raised from operator set 13 to 18: raising Bernoulli is not supported; export/,
    ],
    [network(10, node('BatchNormalization', [], statistics, ['y', 'm'])), /^BatchNormalization node with output y/],
  ])('rejects nodes with another meaning by name', (graph, message) => {
    expect(() => raiseOperatorSetTo(graph, 18, ranks)).toThrow(message);
  });
});
