import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute } from '../../../model/graph/attribute.ts';
import type { Graph } from '../../../model/graph/graph.ts';
import { isOperator } from '../../../model/graph/node.ts';
import { copyWeights } from '../../../model/networks/copy-weights.ts';
import { findNetwork } from '../../../model/networks/networks.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';

const options = { classes: 4, size: 32, width: 0.125, batchNorm: false, dropout: false, seed: 1 } as const;
const { build } = findNetwork('googlenet');

/** The same network with other weights and other weight names. */
function publishedGraph(): Graph {
  const graph = build({ ...options, seed: 2 });
  const renamed = (name: string) => `n/${name}`;
  return {
    ...graph,
    initializers: new Map(
      Array.from(graph.initializers, ([name, tensor]) => [renamed(name), { ...tensor, name: renamed(name) }]),
    ),
    nodes: graph.nodes.map((node) => ({
      ...node,
      name: '',
      input: node.input.map((name) => (graph.initializers.has(name) ? renamed(name) : name)),
    })),
  };
}

/** The nodes by their distance from the image, the last of equal ones first. */
function sortedByDepth(graph: Graph): Graph {
  const depths = new Map<string, number>();
  for (const { input, output } of graph.nodes) {
    const depth = 1 + Math.max(0, ...input.map((name) => depths.get(name) ?? 0));
    for (const name of output) depths.set(name, depth);
  }
  const depthOf = ({ output: [name = ''] }: Graph['nodes'][number]) => depths.get(name) ?? 0;
  return { ...graph, nodes: graph.nodes.toReversed().sort((a, b) => depthOf(a) - depthOf(b)) };
}

describe('copying weights from a published file', () => {
  it('matches layers by order and ignores names', () => {
    const copied = copyWeights(build(options), publishedGraph());
    expect([...copied.initializers.keys()]).toEqual([...build(options).initializers.keys()]);
    expect(copied.initializers).toEqual(build({ ...options, seed: 2 }).initializers);
  });

  it('does not depend on the order of the file', () => {
    const graph = publishedGraph();
    const reordered = sortedByDepth(graph);
    expect(reordered.nodes.map(({ output }) => output)).not.toEqual(graph.nodes.map(({ output }) => output));
    expect(copyWeights(build(options), reordered).initializers).toEqual(build({ ...options, seed: 2 }).initializers);
  });

  it('copies the epsilon of normalizations, and whether average pools count their padding', () => {
    const network = findNetwork('compact-inception-v3');
    const small = { ...options, size: 28, batchNorm: true };
    const [built, other] = [network.build(small), network.build({ ...small, seed: 2 })];
    const published = {
      ...other,
      nodes: other.nodes.map((node) => ({
        ...node,
        attribute: node.attribute.map((attribute) =>
          attribute.name === 'epsilon'
            ? floatAttribute('epsilon', 0.01)
            : attribute.name === 'count_include_pad'
              ? intAttribute('count_include_pad', 1)
              : attribute,
        ),
      })),
    };
    expect(copyWeights(built, published)).toEqual(published);
  });

  it('keeps the weights of auxiliary classifiers', () => {
    const withAuxiliaries = build({ ...options, size: 80, auxiliary: true });
    const copied = copyWeights(withAuxiliaries, publishedGraph());
    expect(copied.initializers.get('loss1/fc_w')).toBe(withAuxiliaries.initializers.get('loss1/fc_w'));
    expect(copied.initializers.get('conv1/7x7_s2_w')?.rawData).toEqual(
      publishedGraph().initializers.get('n/conv1/7x7_s2_w')?.rawData,
    );
  });

  it('reports the layer that does not match, with both shapes', () => {
    expect(() => copyWeights(build({ ...options, classes: 5 }), publishedGraph())).toThrow(
      'layer loss3/classifier needs weights [5, 128] and [5], but the Gemm node with output loss3/classifier has [4, 128] and [4]: give the weights of this network',
    );
    expect(() => copyWeights(build({ ...options, batchNorm: true }), publishedGraph())).toThrow(
      /^layer conv1\/7x7_s2 needs weights \[8, 3, 7, 7\], but the Conv node .* has \[8, 3, 7, 7\] and \[8\]:/,
    );
    expect(() => copyWeights(build({ ...options, modules: 'naive' }), publishedGraph())).toThrow(
      /^layer inception_3a\/3x3 needs weights \[16, 24, 3, 3\] and \[16\], but .* has \[12, 24, 1, 1\] and \[12\]:/,
    );
  });

  it('requires the same number of layers', () => {
    const graph = publishedGraph();
    const last = graph.nodes.findIndex((node) => isOperator(node, 'Gemm'));
    const headless: Graph = {
      ...graph,
      nodes: graph.nodes.slice(0, last),
      outputs: graph.outputs.filter(({ name }) => name === 'embedding'),
    };
    expect(() => copyWeights(build(options), headless)).toThrow(
      'the file has weights for 57 of 58 layers; loss3/classifier is missing: give the weights',
    );
    expect(() => copyWeights(findNetwork('lenet5').build(options), graph)).toThrow('layer c1 needs weights');
    expect(() => copyWeights(headless, graph)).toThrow(
      'the file has more layers with weights than this network; the first extra one is the Gemm node',
    );
  });

  it('requires constant float weights', () => {
    const graph = publishedGraph();
    const first = 'n/conv1/7x7_s2_w';
    const without = new Map(graph.initializers);
    without.delete(first);
    expect(() => copyWeights(build(options), { ...graph, initializers: without })).toThrow(
      /^layer conv1\/7x7_s2 needs constant weights, but .* has the computed value n\/conv1\/7x7_s2_w:/,
    );
    const bytes = new Map(graph.initializers).set(first, makeTensor(first, [1], Int8Array.of(1)));
    expect(() => copyWeights(build(options), { ...graph, initializers: bytes })).toThrow(
      /needs float weights, but .* has int8:/,
    );
  });
});
