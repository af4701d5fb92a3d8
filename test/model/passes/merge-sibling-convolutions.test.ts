import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { mergeSiblingConvolutions } from '../../../model/passes/merge-sibling-convolutions.ts';
import { expectSame, runGraph, wave } from '../../support/run-graph.ts';

/** Convolutions from 3 to 4, 2 and 5 channels, each with a Relu. The options apply to the last one. */
function network({ opset = 13, kernel = 1, stride = 1 } = {}): Graph {
  const branches = [4, 2, 5].map((count, index) => {
    const size = index === 2 ? kernel : 1;
    const attributes = index === 2 ? [intsAttribute('strides', [stride, stride])] : [];
    return {
      weights: makeTensor(`w${index}`, [count, 3, size, size], wave(count * 3 * size * size, index)),
      bias: makeTensor(`b${index}`, [count], wave(count, index + 5)),
      nodes: [
        makeNode('Conv', ['x', `w${index}`, `b${index}`], [`c${index}`], { attributes }),
        makeNode('Relu', [`c${index}`], [`r${index}`]),
      ],
    };
  });
  return {
    ...emptyGraph('siblings', { irVersion: 8, opset }),
    inputs: [makeValue('x', 'float', ['N', 3, 6, 6])],
    outputs: [makeValue('y', 'float', ['N', 6, 6, 6]), makeValue('r2', 'float', ['N', 5, 'H', 'W'])],
    nodes: [
      ...branches.flatMap(({ nodes }) => nodes),
      makeNode('Concat', ['r0', 'r1'], ['y'], { attributes: [intAttribute('axis', 1)] }),
    ],
    initializers: new Map(
      branches.flatMap(({ weights, bias }) => [weights, bias]).map((tensor) => [tensor.name, tensor]),
    ),
  };
}

const input = { x: { shape: [2, 3, 6, 6], data: wave(2 * 3 * 36, 3) } };
const convolutions = ({ nodes }: Graph) => nodes.filter(({ opType }) => opType === 'Conv').length;

describe('mergeSiblingConvolutions', () => {
  it.each([11, 13])('computes the same as separate convolutions, in operator set %i', async (opset) => {
    const before = network({ opset });
    const { graph, modified } = mergeSiblingConvolutions(before);
    expect([modified, convolutions(graph)]).toEqual([true, 1]);
    expectSame(await runGraph(graph, input), await runGraph(before, input));
  });

  it.each([{ kernel: 3 }, { stride: 2 }])('merges plain 1×1 convolutions only (%o)', async (options) => {
    const before = network(options);
    const { graph } = mergeSiblingConvolutions(before);
    expect(convolutions(graph)).toBe(2);
    expectSame(await runGraph(graph, input), await runGraph(before, input));
  });

  it('leaves a graph without siblings unchanged', () => {
    const { nodes, ...rest } = network();
    const graph = { ...rest, nodes: nodes.slice(0, 2), outputs: [makeValue('r0', 'float', ['N', 4, 6, 6])] };
    expect(mergeSiblingConvolutions(graph)).toEqual({ graph, modified: false });
  });
});
