import { describe, expect, it } from 'vitest';
import { getFloat, getInts } from '../../../model/graph/attribute.ts';
import type { Graph } from '../../../model/graph/graph.ts';
import { isOperator } from '../../../model/graph/node.ts';
import { countParameters } from '../../../model/inspect/count-parameters.ts';
import { layerTable } from '../../../model/inspect/layer-table.ts';
import { findNetwork } from '../../../model/networks/networks.ts';
import { plain, small } from '../../support/networks.ts';

describe('GoogLeNet', () => {
  const { build } = findNetwork('googlenet');
  const published = build({ ...plain, size: 224 });

  it('has the depth, parameters and multiply-adds of the paper', async () => {
    const { rows, totals } = await layerTable(published);
    expect(totals).toMatchObject({ depth: 22, parameters: 6_998_552, multiplyAdds: 1_582_671_872 });
    const modules = rows.filter(({ isBlock }) => isBlock);
    // The paper's table 1 has the output size, depth and rounded number of parameters of each module.
    expect(modules.map(({ name, shape, depth, parameters }) => [name, shape.join(' '), depth, parameters])).toEqual([
      ['inception_3a', '1 256 28 28', 2, 163_696],
      ['inception_3b', '1 480 28 28', 2, 388_736],
      ['inception_4a', '1 512 14 14', 2, 376_176],
      ['inception_4b', '1 512 14 14', 2, 449_160],
      ['inception_4c', '1 512 14 14', 2, 510_104],
      ['inception_4d', '1 528 14 14', 2, 605_376],
      ['inception_4e', '1 832 14 14', 2, 868_352],
      ['inception_5a', '1 832 7 7', 2, 1_043_456],
      ['inception_5b', '1 1024 7 7', 2, 1_444_080],
    ]);
  });

  it('keeps all input channels in the pool branch of naive modules', () => {
    const naive = build({ ...plain, size: 32, width: 0.125, modules: 'naive' });
    const classifier = naive.initializers.get('loss3/classifier_w');
    // Each module adds its 1×1, 3×3 and 5×5 filters to the 24 channels of conv2.
    expect(classifier?.dims).toEqual([1000n, BigInt(4944 / 8)]);
    expect(naive.nodes.some(({ name }) => /reduce|proj/.test(name) && name.startsWith('inception'))).toBe(false);
  });

  it('has two more outputs with auxiliary classifiers, and the same nodes otherwise', () => {
    const both = build({ ...plain, size: 224, auxiliary: true });
    const more = 2 * (128 + 1024 * 128 * 16 + 1024 + 1_025_000) + 128 * (512 + 528);
    expect(countParameters(both)).toBe(6_998_552 + more);
    expect(both.outputs.map(({ name }) => name)).toEqual([
      'probabilities',
      'embedding',
      'probabilities_4a',
      'probabilities_4d',
    ]);
    const names = (graph: Graph) => graph.nodes.map(({ name }) => name);
    expect(names(both).slice(0, published.nodes.length)).toEqual(names(published));
  });

  it('has neither biases nor local response normalization with batch normalization', () => {
    const { nodes } = build({ ...small, batchNorm: true });
    const operators = nodes.map(({ opType }) => opType);
    expect(operators).not.toContain('LRN');
    expect(operators.filter((operator) => operator === 'BatchNormalization')).toHaveLength(57);
    for (const { input } of nodes.filter((node) => isOperator(node, 'Conv'))) expect(input).toHaveLength(2);
  });

  it('multiplies filters but not classes by the width', () => {
    const half = build({ ...plain, size: 224, width: 0.5 });
    expect(half.initializers.get('conv2/3x3_w')?.dims).toEqual([96n, 32n, 3n, 3n]);
    expect(half.initializers.get('loss3/classifier_w')?.dims).toEqual([1000n, 512n]);
  });

  it('applies dropout between the embedding and the classifier', () => {
    const graph = build({ ...small, dropout: true });
    const [dropout] = graph.nodes.filter((node) => isOperator(node, 'Dropout'));
    expect(dropout?.input[0]).toBe('embedding');
  });

  it('pads max pools as Caffe does', () => {
    const pools = published.nodes.filter((node) => isOperator(node, 'MaxPool') && node.name.startsWith('pool'));
    expect(pools.map((node) => getInts(node, 'pads'))).toEqual(Array.from({ length: 4 }, () => [0, 0, 1, 1]));
    const [norm] = published.nodes.filter((node) => isOperator(node, 'LRN'));
    expect(norm && getFloat(norm, 'beta', 0)).toBe(0.75);
  });
});
