import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { isOperator, makeNode } from '../../../../model/graph/node.ts';
import { addUint8Input } from '../../../../model/import/input/add-uint8-input.ts';
import { findNetwork } from '../../../../model/networks/networks.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';
import { optimizeFrozen } from '../../../../model/train/step/optimize-frozen.ts';
import { layoutOf } from '../../../../model/train/step/parameters.ts';
import { maxAbsoluteDifference } from '../../../../model/verify/max-absolute-difference.ts';
import { syntheticCropBatch } from '../../../../model/verify/synthetic-crops.ts';
import { tinyPreprocess } from '../../../support/tiny-model.ts';
import { floatsOf, runGraph } from '../gradient/run-graph.ts';

const options = { classes: 5, size: 32, width: 0.25, dropout: false, seed: 1 };

function built(network: string, batchNorm: boolean) {
  const body = findNetwork(network).build({ ...options, batchNorm });
  // Statistics as after a training.
  const initializers = new Map(body.initializers);
  for (const [name, { dims }] of body.initializers) {
    const shape = dims.map(Number);
    if (!/norm_(mean|variance)$/.test(name)) continue;
    initializers.set(
      name,
      makeTensor(
        name,
        shape,
        Float32Array.from({ length: shape[0] ?? 0 }, (_, at) => 0.5 + 0.01 * at),
      ),
    );
  }
  const preprocess = tinyPreprocess(options.size);
  return addUint8Input({ ...body, initializers }, { preprocess, networkOrder: 'RGB' }).graph;
}

function optimized(graph: ReturnType<typeof built>, from: string) {
  return optimizeFrozen(
    graph,
    layoutOf(graph, from).weights.map(({ name }) => name),
  );
}

async function probabilitiesOf(graph: ReturnType<typeof built>) {
  const crops = syntheticCropBatch(2, { width: options.size, height: options.size });
  const image = new Tensor('uint8', crops, [2, options.size, options.size, 3]);
  return floatsOf(await runGraph(graph, ['probabilities'], { image }), 'probabilities');
}

describe('optimizing what is not trained', () => {
  it.each([
    ['googlenet', false, 'inception_5b', 'LRN'],
    ['compact-inception-v3', true, 'mixed_4b', 'BatchNormalization'],
  ])('removes slow operators of %s and keeps its probabilities', async (network, batchNorm, from, operator) => {
    const graph = built(network, batchNorm);
    const fast = optimized(graph, from);
    const count = ({ nodes }: typeof graph) => nodes.filter((node) => isOperator(node, operator)).length;
    const first = graph.nodes.findIndex(({ name }) => name.startsWith(from));
    expect(count(fast)).toBe(count({ ...graph, nodes: graph.nodes.slice(first) }));
    expect(count(fast)).toBeLessThan(count(graph));
    expect(maxAbsoluteDifference(await probabilitiesOf(fast), await probabilitiesOf(graph))).toBeLessThan(1e-5);
    for (const { name } of layoutOf(graph, from).weights) {
      expect(fast.initializers.get(name)).toBe(graph.initializers.get(name));
    }
  });

  it('changes nothing if a new value has the name of a trained one', () => {
    const graph = built('googlenet', false);
    const nodes = [...graph.nodes, makeNode('Identity', ['probabilities'], ['pool1/norm1_squares'])];
    const named = { ...graph, nodes };
    expect(optimized(named, 'inception_5b')).toBe(named);
  });
});
