import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../model/graph/graph.ts';
import { isOperator } from '../../../model/graph/node.ts';
import { copyWeights } from '../../../model/networks/copy-weights.ts';
import { findNetwork } from '../../../model/networks/networks.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';

const options = { classes: 4, size: 32, width: 0.125, batchNorm: false, dropout: false, seed: 1 } as const;
const { build } = findNetwork('googlenet');

/** The same network with other weights, its values and weights named otherwise. */
function stranger(): Graph {
  const graph = build({ ...options, seed: 2 });
  const other = (name: string) => `n/${name}`;
  return {
    ...graph,
    initializers: new Map(
      Array.from(graph.initializers, ([name, tensor]) => [other(name), { ...tensor, name: other(name) }]),
    ),
    nodes: graph.nodes.map((node) => ({
      ...node,
      name: '',
      input: node.input.map((name) => (graph.initializers.has(name) ? other(name) : name)),
    })),
  };
}

describe('taking weights from another file', () => {
  it('matches layers by their order, whatever their names', () => {
    const taken = copyWeights(build(options), stranger());
    expect([...taken.initializers.keys()]).toEqual([...build(options).initializers.keys()]);
    expect(taken.initializers).toEqual(build({ ...options, seed: 2 }).initializers);
  });

  it('leaves auxiliary classifiers their own weights', () => {
    const withAuxiliaries = build({ ...options, size: 80, auxiliary: true });
    const taken = copyWeights(withAuxiliaries, stranger());
    expect(taken.initializers.get('loss1/fc_w')).toBe(withAuxiliaries.initializers.get('loss1/fc_w'));
    expect(taken.initializers.get('conv1/7x7_s2_w')?.rawData).toEqual(
      stranger().initializers.get('n/conv1/7x7_s2_w')?.rawData,
    );
  });

  it('names the layer that does not fit, with both shapes', () => {
    expect(() => copyWeights(build({ ...options, classes: 5 }), stranger())).toThrow(
      'layer loss3/classifier: expected weights [5, 128] and [5], got [4, 128] and [4] at the Gemm node giving loss3/classifier',
    );
    expect(() => copyWeights(build({ ...options, batchNorm: true }), stranger())).toThrow(
      'layer conv1/7x7_s2: expected weights [8, 3, 7, 7], got [8, 3, 7, 7] and [8] at the Conv node',
    );
    expect(() => copyWeights(build({ ...options, modules: 'naive' }), stranger())).toThrow(
      'layer inception_3a/3x3: expected weights [16, 24, 3, 3] and [16], got [12, 24, 1, 1] and [12] at',
    );
  });

  it('wants as many layers as the network has', () => {
    const graph = stranger();
    const last = graph.nodes.findIndex((node) => isOperator(node, 'Gemm'));
    const headless: Graph = {
      ...graph,
      nodes: graph.nodes.slice(0, last),
      outputs: graph.outputs.filter(({ name }) => name === 'embedding'),
    };
    expect(() => copyWeights(build(options), headless)).toThrow(
      'expected 58 layers with weights, got 57: none for loss3/classifier',
    );
    expect(() => copyWeights(findNetwork('lenet5').build(options), graph)).toThrow('layer c1: expected weights');
    expect(() => copyWeights(headless, graph)).toThrow('expected 57 layers with weights, got 58, the first too many');
  });

  it('wants weights that are constant and float', () => {
    const graph = stranger();
    const first = 'n/conv1/7x7_s2_w';
    const without = new Map(graph.initializers);
    without.delete(first);
    expect(() => copyWeights(build(options), { ...graph, initializers: without })).toThrow(
      `layer conv1/7x7_s2: expected constant weights, got ${first}, which is computed`,
    );
    const bytes = new Map(graph.initializers).set(first, makeTensor(first, [1], Int8Array.of(1)));
    expect(() => copyWeights(build(options), { ...graph, initializers: bytes })).toThrow(
      'expected float weights, got int8',
    );
  });
});
