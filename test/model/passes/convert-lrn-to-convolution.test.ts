import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import type { NodeProto } from '../../../model/onnx/onnx_pb.ts';
import { floatData, makeTensor, tensorShape } from '../../../model/onnx/tensor.ts';
import { convertLrnToConvolution } from '../../../model/passes/convert-lrn-to-convolution.ts';
import { restoreLrn } from '../../../model/passes/restore-lrn.ts';
import { expectSame, runGraph, wave } from '../../support/run-graph.ts';

interface Options {
  readonly size?: number;
  readonly beta?: number;
  readonly channels?: number;
}

/** A convolution from 3 to `channels` channels, and an LRN over `size` channels. */
function network({ size = 5, beta = 0.75, channels = 8 }: Options = {}): Graph {
  const attributes = [
    ...[intAttribute('size', size), floatAttribute('alpha', 0.3), floatAttribute('beta', beta)],
    floatAttribute('bias', 1.5),
  ];
  return {
    ...emptyGraph('lrn', { irVersion: 8, opset: 13 }),
    inputs: [makeValue('x', 'float', ['N', 3, 6, 7])],
    outputs: [makeValue('y', 'float', ['N', channels, 6, 7])],
    nodes: [
      makeNode('Conv', ['x', 'w'], ['c']),
      makeNode('Relu', ['c'], ['r']),
      makeNode('LRN', ['r'], ['y'], { attributes }),
    ],
    initializers: new Map([['w', makeTensor('w', [channels, 3, 1, 1], wave(channels * 3, 1))]]),
  };
}

const input = { x: { shape: [2, 3, 6, 7], data: wave(2 * 3 * 6 * 7, 9) } };
const operators = (graph: Graph) => graph.nodes.map(({ opType }) => opType);

describe('convertLrnToConvolution', () => {
  it.each([1, 3, 5, 7, 15])('computes the same as LRN over %i channels', async (size) => {
    const before = network({ size });
    const { graph, modified } = convertLrnToConvolution(before);
    expect(modified).toBe(true);
    expect(operators(graph)).not.toContain('LRN');
    expectSame(await runGraph(graph, input), await runGraph(before, input));
  });

  it('leaves an LRN with another exponent and a graph without LRN unchanged', () => {
    const withoutLrn = { ...network(), nodes: network().nodes.slice(0, 2), outputs: [] };
    for (const graph of [network({ beta: 0.5 }), withoutLrn]) {
      expect(convertLrnToConvolution(graph)).toEqual({ graph, modified: false });
    }
  });
});

describe('restoreLrn', () => {
  it.each([1, 3, 5, 7, 15])('restores LRN over %i channels', async (size) => {
    const before = network({ size });
    const { graph, modified } = restoreLrn(convertLrnToConvolution(before).graph);
    expect(modified).toBe(true);
    expect(operators(graph)).toEqual(operators(before));
    expectSame(await runGraph(graph, input), await runGraph(before, input));
  });

  const withNode = (graph: Graph, opType: string, change: (node: NodeProto) => NodeProto): Graph => ({
    ...graph,
    nodes: graph.nodes.map((node) => (node.opType === opType && node.output[0]?.startsWith('y') ? change(node) : node)),
  });
  const withNumber = (graph: Graph, name: string, index: number, value: number): Graph => {
    const tensor = graph.initializers.get(name);
    if (tensor === undefined) throw new Error(`no ${name}`);
    const data = floatData(tensor);
    data[index] = value;
    return {
      ...graph,
      initializers: new Map([...graph.initializers, [name, makeTensor(name, tensorShape(tensor), data)]]),
    };
  };
  const withReader = (graph: Graph, value: string): Graph => ({
    ...graph,
    nodes: [...graph.nodes, makeNode('Neg', [value], ['other'])],
  });
  const withOutput = (graph: Graph, value: string): Graph => ({
    ...graph,
    outputs: [...graph.outputs, makeValue(value, 'float', ['N', 8, 6, 7])],
  });

  it.each<[string, (graph: Graph) => Graph]>([
    [
      'with a product of two values instead of a square',
      (graph) =>
        withNode(graph, 'Mul', (node) => (node.input[0] === node.input[1] ? { ...node, input: ['r', 'c'] } : node)),
    ],
    ['with another weight in one row', (graph) => withNumber(graph, 'y_band', 9, 0.5)],
    ['with a gap in one row', (graph) => withNumber(graph, 'y_band', 5 * 8 + 4, 0)],
    ['with a wider band in one row', (graph) => withNumber(graph, 'y_band', 3 * 8 + 7, 0.06)],
    ['with another bias in one row', (graph) => withNumber(graph, 'y_bias', 3, 2)],
    [
      'with padding in its convolution',
      (graph) => withNode(graph, 'Conv', (node) => ({ ...node, attribute: [intsAttribute('pads', [0, 0, 1, 1])] })),
    ],
    ...['squares', 'sum', 'root', 'fourth_root', 'power'].flatMap((value): [string, (graph: Graph) => Graph][] => [
      [`with another reader of its ${value}`, (graph) => withReader(graph, `y_${value}`)],
      [`with its ${value} as an output`, (graph) => withOutput(graph, `y_${value}`)],
    ]),
  ])('leaves a chain %s unchanged', (_, change) => {
    const graph = change(convertLrnToConvolution(network()).graph);
    expect(restoreLrn(graph)).toEqual({ graph, modified: false });
  });
});
