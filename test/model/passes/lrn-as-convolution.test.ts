import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { lrnAsConvolution } from '../../../model/passes/lrn-as-convolution.ts';
import { lrnFromConvolution } from '../../../model/passes/lrn-from-convolution.ts';
import { expectSame, runGraph, wave } from '../../support/run-graph.ts';

interface Options {
  readonly size?: number;
  readonly beta?: number;
  readonly channels?: number;
}

/** A convolution of 3 channels to `channels`, normalised over `size` neighbours. */
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

describe('lrnAsConvolution', () => {
  it.each([1, 3, 5, 7, 15])('gives what LRN over %i channels gives', async (size) => {
    const before = network({ size });
    const { graph, modified } = lrnAsConvolution(before);
    expect(modified).toBe(true);
    expect(operators(graph)).not.toContain('LRN');
    expectSame(await runGraph(graph, input), await runGraph(before, input));
  });

  it('leaves LRN with another exponent, and a graph without LRN, as they are', () => {
    const without = { ...network(), nodes: network().nodes.slice(0, 2), outputs: [] };
    for (const graph of [network({ beta: 0.5 }), without]) {
      expect(lrnAsConvolution(graph)).toEqual({ graph, modified: false });
    }
  });
});

describe('lrnFromConvolution', () => {
  it.each([1, 3, 5, 7])('restores LRN over %i channels', async (size) => {
    const before = network({ size });
    const { graph, modified } = lrnFromConvolution(lrnAsConvolution(before).graph);
    expect(modified).toBe(true);
    expect(operators(graph)).toEqual(operators(before));
    expectSame(await runGraph(graph, input), await runGraph(before, input));
  });

  it('changes nothing that only looks alike', () => {
    const { graph } = lrnAsConvolution(network());
    const nodes = graph.nodes.map((node) =>
      node.opType === 'Mul' && node.input[0] === node.input[1] ? { ...node, input: ['r', 'c'] } : node,
    );
    const spoilt = { ...graph, nodes };
    expect(lrnFromConvolution(spoilt)).toEqual({ graph: spoilt, modified: false });
  });
});
