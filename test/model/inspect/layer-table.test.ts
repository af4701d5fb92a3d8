import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { floatAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph, type Graph, graphOf } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { layerTable } from '../../../model/inspect/layer-table.ts';
import { findNetwork } from '../../../model/networks/networks.ts';
import type { NodeProto } from '../../../model/onnx/onnx_pb.ts';
import { readNetwork } from '../../../model/onnx/read-network.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';
import { tinyNetwork } from '../../support/tiny-model.ts';

function weight(name: string, shape: readonly number[]) {
  return makeTensor(name, shape, new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.1));
}

/** A network from `image`, float [N, 3, 16, 16], to `out`. */
function graphWith(nodes: readonly NodeProto[], weights: ReturnType<typeof weight>[]): Graph {
  return {
    ...emptyGraph('synthetic', { irVersion: 8, opset: 13 }),
    inputs: [makeValue('image', 'float', ['N', 3, 16, 16])],
    outputs: [makeValue('out', 'float', ['N', 4, 'height', 'width'])],
    nodes,
    initializers: new Map(weights.map((tensor) => [tensor.name, tensor])),
  };
}

describe('the table of layers', () => {
  it('has the size, depth, parameters, multiply-adds and receptive field of each layer', async () => {
    const { image, rows, totals } = await layerTable(tinyNetwork(4, 32));
    expect(image).toEqual([1, 3, 32, 32]);
    expect(rows.map(({ layers: _, window: __, ...row }) => row)).toEqual([
      {
        ...{ name: 'conv1', operator: 'Conv', isBlock: false, shape: [1, 6, 15, 15], depth: 1 },
        ...{ parameters: 6 * 27 + 6, multiplyAdds: 15 * 15 * 6 * 27, receptiveField: [3, 3] },
      },
      {
        ...{ name: 'conv2', operator: 'Conv', isBlock: false, shape: [1, 8, 7, 7], depth: 1 },
        ...{ parameters: 8 * 54 + 8, multiplyAdds: 7 * 7 * 8 * 54, receptiveField: [7, 7] },
      },
      {
        ...{ name: 'pool', operator: 'GlobalAveragePool', isBlock: false, shape: [1, 8, 1, 1], depth: 0 },
        ...{ parameters: 0, multiplyAdds: 0, receptiveField: [7 + 6 * 4, 7 + 6 * 4] },
      },
      {
        ...{ name: 'logits', operator: 'Gemm', isBlock: false, shape: [1, 4], depth: 1 },
        ...{ parameters: 4 * 8 + 4, multiplyAdds: 32, receptiveField: [31, 31] },
      },
    ]);
    expect(rows[0]?.window).toEqual({ kernel: [3, 3], strides: [2, 2] });
    expect(rows[0]?.layers.map(({ operator }) => operator)).toEqual(['Conv', 'Relu']);
    expect(totals).toMatchObject({ depth: 3, uncounted: [] });
  });

  it('shows a residual block in one row, and counts shared weights once', async () => {
    const same = { attributes: [intsAttribute('pads', [1, 1, 1, 1])] };
    const nodes = [
      makeNode('Conv', ['image', 'first'], ['a']),
      makeNode('Conv', ['a', 'shared'], ['b'], same),
      makeNode('Relu', ['b'], ['c']),
      makeNode('Conv', ['c', 'shared'], ['d'], same),
      makeNode('Add', ['a', 'd'], ['e']),
      makeNode('Relu', ['e'], ['out']),
    ];
    const { rows, totals } = await layerTable(
      graphWith(nodes, [weight('first', [4, 3, 1, 1]), weight('shared', [4, 4, 3, 3])]),
    );
    expect(rows).toMatchObject([
      { name: 'a', isBlock: false, depth: 1, parameters: 12 },
      { name: 'e', isBlock: true, depth: 2, parameters: 144, multiplyAdds: 2 * 144 * 256, receptiveField: [5, 5] },
    ]);
    expect(totals).toMatchObject({ depth: 3, parameters: 156 });
  });

  it('does not count the statistics of batch normalization as parameters', async () => {
    const nodes = [
      makeNode('Conv', ['image', 'w'], ['a']),
      makeNode('BatchNormalization', ['a', 'scale', 'shift', 'mean', 'variance'], ['out'], {
        attributes: [floatAttribute('epsilon', 1e-3)],
      }),
    ];
    const norm = ['scale', 'shift', 'mean', 'variance'].map((name) => weight(name, [4]));
    const { totals } = await layerTable(graphWith(nodes, [weight('w', [4, 3, 1, 1]), ...norm]));
    expect(totals.parameters).toBe(12 + 8);
  });

  it('counts dequantized weights', async () => {
    const scale = makeTensor('scale', [], Float32Array.of(0.1));
    const bytes = makeTensor('bytes', [4, 3, 3, 3], new Int8Array(108).fill(3));
    const nodes = [
      makeNode('DequantizeLinear', ['bytes', 'scale'], ['w']),
      makeNode('QuantizeLinear', ['image', 'scale'], ['q']),
      makeNode('DequantizeLinear', ['q', 'scale'], ['x']),
      makeNode('Conv', ['x', 'w'], ['out']),
    ];
    const { rows } = await layerTable(graphWith(nodes, [scale, bytes]));
    expect(rows).toMatchObject([{ operator: 'Conv', parameters: 108, multiplyAdds: 108 * 14 * 14, depth: 1 }]);
  });

  it('computes dilated and oblong receptive fields, and omits unknown ones', async () => {
    const dilated = { attributes: [intsAttribute('dilations', [1, 3]), intsAttribute('kernel_shape', [1, 3])] };
    const nodes = [
      makeNode('Conv', ['image', 'w'], ['a'], dilated),
      makeNode('SpaceToDepth', ['a'], ['b'], { attributes: [] }),
    ];
    const [space] = nodes.slice(1);
    if (space !== undefined) space.attribute = [{ ...intsAttribute('blocksize', []), type: 2, i: 2n }];
    const graph = graphWith(
      [...nodes, makeNode('Conv', ['b', 'v'], ['out'])],
      [weight('w', [4, 3, 1, 3]), weight('v', [4, 16, 1, 1])],
    );
    const { rows } = await layerTable(graph);
    expect(rows.map(({ receptiveField }) => receptiveField)).toEqual([[1, 7], undefined]);
  });

  it('lists auxiliary classifiers after the network itself', async () => {
    const options = { classes: 4, width: 0.125, batchNorm: false, dropout: true, seed: 1, auxiliary: true } as const;
    const { rows } = await layerTable(findNetwork('googlenet').build({ ...options, size: 80 }));
    const names = rows.map(({ name }) => name);
    expect(names.slice(names.indexOf('loss3/classifier'))).toEqual([
      'loss3/classifier',
      ...['loss1/ave_pool', 'loss1/conv', 'loss1/fc', 'loss1/classifier'],
      ...['loss2/ave_pool', 'loss2/conv', 'loss2/fc', 'loss2/classifier'],
    ]);
    expect(names).toContain('inception_4a');
  });

  it('reports why it cannot measure a network', async () => {
    const tiny = tinyNetwork(4, 32);
    const vector = { ...tiny, inputs: [makeValue('data', 'float', ['N', 10])] };
    await expect(layerTable(vector)).rejects.toThrow(
      'the input data is float [N, 10]: give a network of images [N, 3, height, width]',
    );
    const two = { ...tiny, inputs: [...tiny.inputs, makeValue('more', 'float', [1])] };
    await expect(layerTable(two)).rejects.toThrow('the network has 2 inputs: give one with a single input, an image');
    const integers = { ...tiny, inputs: [makeValue('data', 'int32', ['N', 3, 32, 32])] };
    await expect(layerTable(integers)).rejects.toThrow('the image data is int32');
    const [first, ...rest] = tiny.nodes;
    const unknown = { ...tiny, nodes: first === undefined ? rest : [{ ...first, opType: 'Convolve' }, ...rest] };
    await expect(layerTable(unknown)).rejects.toThrow(/^onnxruntime cannot run the network: .*Convolve/);
  });
});

describeWithFixtures('the table of published networks', (fixtures) => {
  it.each([
    ['googlenet-zoo.onnx', 22, 6_998_552, 1_582_671_872],
    ['light/light_inception_v1.onnx', 22, 6_998_552, 1_432_000_000],
    ['light/light_inception_v2.onnx', 34, 11_214_888, 2_020_000_000],
  ])('%s has the published depth and size', async (file, depth, parameters, multiplyAdds) => {
    const { model } = await readNetwork(join(fixtures, 'models', file));
    const { rows, totals } = await layerTable(graphOf(model));
    expect(totals).toMatchObject({ depth, parameters, uncounted: [] });
    expect(Math.abs(totals.multiplyAdds / multiplyAdds - 1)).toBeLessThan(0.005);
    expect(rows.filter(({ isBlock }) => isBlock).length).toBeGreaterThanOrEqual(9);
  });
});
