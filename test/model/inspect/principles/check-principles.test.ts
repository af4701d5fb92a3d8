import { describe, expect, it } from 'vitest';
import { floatAttribute, intsAttribute } from '../../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import { checkPrinciples, type Principles } from '../../../../model/inspect/principles/check-principles.ts';
import { NetworkBuilder } from '../../../../model/networks/network-builder.ts';
import { findNetwork } from '../../../../model/networks/networks.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';

const plain = { width: 1, dropout: false, seed: 1 };

async function readByName(name: string): Promise<Principles> {
  const { build, classes, size, batchNorm } = findNetwork(name);
  return checkPrinciples(build({ ...plain, classes, size, batchNorm }));
}

/** A network of convolutions, named and wired by `layers`, with a classifier of ten classes. */
function networkOf(size: number, layers: (net: NetworkBuilder) => ReturnType<NetworkBuilder['convolution']>): Graph {
  const net = new NetworkBuilder('test', size, { ...plain, batchNorm: false });
  const embedding = net.globalAverage(layers(net), 'average');
  return net.graph({ probabilities: net.classifier(embedding, 'classes', 10), embedding });
}

/** The findings of each check: names of the layers, and the value with two digits. */
function findingsOf({ checks }: Principles): Record<string, [layers: string, value: number][]> {
  const found = checks.map(({ name, findings }): [string, [string, number][]] => [
    name,
    findings.map(({ layers, value }) => [layers.join(', '), Math.round(value * 100) / 100]),
  ]);
  return Object.fromEntries(found.filter(([, findings]) => findings.length > 0));
}

function measured({ checks }: Principles, name: string): number {
  return checks.find((check) => check.name === name)?.value ?? Number.NaN;
}

const kept = 'share kept by a cut';
const widening = 'gain from widening before pooling';
const strides = 'stride / 2^layers with weights';
const growth = 'growth of channels between stages';
const reduction = 'multiply-adds saved by a 1×1 reduction';
const factorizing = 'cost of large kernels over factorized ones';
const balance = 'share of multiply-adds to share of depth';

describe('the principles of the Inception v3 paper', () => {
  it('name what the paper changed in GoogLeNet: pools before wider modules, 5×5 convolutions, the stem', async () => {
    const principles = await readByName('googlenet');
    expect(findingsOf(principles)).toEqual({
      [widening]: [
        // 14×14×480 where the next modules compute 832 channels; 150,528 values passed before.
        ['pool3/3x3_s2', 1.6],
        ['pool4/3x3_s2', 1.23],
      ],
      [strides]: [['pool1/3x3_s2', 2]],
      [reduction]: [['conv2/3x3', 0.11]],
      [factorizing]: [
        ['inception_3a/5x5', 1.85],
        ['inception_3b/5x5', 2.08],
        ['inception_4a/5x5', 3.75],
        ['inception_4b/5x5', 3.64],
        ['inception_4c/5x5', 3.64],
        ['inception_4d/5x5', 3.33],
        ['inception_4e/5x5', 4],
        ['inception_5a/5x5', 2.22],
        ['inception_5b/5x5', 2.02],
      ],
    });
    expect(principles.stages.map(({ stride, grid, channels, depth }) => [stride[0], grid[0], channels, depth])).toEqual(
      [
        [2, 112, 64, 1],
        [4, 56, 192, 2],
        [8, 28, 480, 4],
        [16, 14, 832, 10],
        [32, 7, 1024, 4],
      ],
    );
    // 5a: 256 + 160 + 32 channels of its branches and 128 behind its pool, at 7×7.
    expect(principles.stages.at(-1)?.smallestCut).toBe((256 + 160 + 32 + 128) * 49);
  });

  it('find neither a bottleneck nor an early stride in Inception v3', async () => {
    const principles = await readByName('inception-v3');
    expect(findingsOf(principles)).toEqual({
      [reduction]: [
        ['conv4a/3x3', 0.06],
        ['mixed_6a/1.1_3x3_s2', 0.02],
      ],
      [factorizing]: [
        ['mixed_5b/2.2_5x5', 1.59],
        ['mixed_5c/2.2_5x5', 1.59],
        ['mixed_5d/2.2_5x5', 1.59],
      ],
    });
    // 8×8×1280 after at least 17×17×640 in the branches of the third module of its size.
    expect(measured(principles, kept)).toBeCloseTo((64 * 1280) / (289 * 640), 6);
    expect(measured(principles, balance)).toBeCloseTo(2.98, 2);
  });

  it('find the pool before more maps and the 5×5 convolution of LeNet-5', async () => {
    const principles = await readByName('lenet5');
    expect(findingsOf(principles)).toEqual({ [widening]: [['s2', 1.36]], [factorizing]: [['c3', 2.02]] });
    expect(measured(principles, reduction)).toBeNaN();
  });

  it('find bottlenecks and an early stride in Network in Network', async () => {
    expect(findingsOf(await readByName('network-in-network'))).toEqual({
      [kept]: [['pool3', 0.32]],
      [widening]: [
        ['pool1', 2.15],
        ['pool2', 1.5],
        ['pool3', 2.67],
      ],
      [strides]: [['conv1', 2]],
      [reduction]: [
        ['conv2', 0.21],
        ['conv3', 0.07],
        ['conv4', 0.06],
      ],
      [factorizing]: [['conv2', 2.02]],
    });
  });

  it('find a stem of kernel 7 and stride 5', async () => {
    const graph = networkOf(100, (net) => {
      const stem = net.convolution(net.image, 'stem', 16, { kernel: 7, stride: 5, padding: 3 });
      return net.convolution(stem, 'next', 32, { kernel: 3, padding: 1 });
    });
    expect(findingsOf(await checkPrinciples(graph))).toEqual({
      // 20×20×16 of an image of 30,000 values.
      [kept]: [['stem', 0.21]],
      [strides]: [['stem', 2.5]],
    });
  });

  it('tell a pool before a wider layer from a pool next to a convolution, as in figures 9 and 10 of the paper', async () => {
    const reduction = { kernel: 3, stride: 2, padding: 1 };
    const reduced = (reduce: (net: NetworkBuilder, x: ReturnType<NetworkBuilder['concat']>) => typeof x) =>
      networkOf(64, (net) => reduce(net, net.convolution(net.image, 'map', 16, reduction)));
    const poolFirst = reduced((net, x) => {
      const pooled = net.maxPool(x, 'pool', { kernel: 2, stride: 2 });
      return net.convolution(pooled, 'wider', 32, { kernel: 3, padding: 1 });
    });
    const together = reduced((net, x) => {
      const branches = [
        net.convolution(x, 'both/convolution', 16, reduction),
        net.maxPool(x, 'both/pool', { kernel: 2, stride: 2 }),
      ];
      return net.concat(branches, 'both/output');
    });
    // 16×16×16 where 16×16×32 could pass.
    expect(findingsOf(await checkPrinciples(poolFirst))[widening]).toEqual([['pool', 2]]);
    expect(findingsOf(await checkPrinciples(together))[widening]).toBeUndefined();
  });

  it('sum the values of parallel branches, and name the layers of the smallest cut', async () => {
    const graph = networkOf(32, (net) => {
      const wide = net.convolution(net.image, 'wide', 64, { kernel: 3, padding: 1 });
      const left = net.convolution(wide, 'block/narrow_left', 1, { kernel: 1 });
      const right = net.convolution(wide, 'block/narrow_right', 0.4, { kernel: 1 });
      const branches = [
        net.convolution(left, 'block/left', 64, { kernel: 3, padding: 1 }),
        net.convolution(right, 'block/right', 64, { kernel: 3, padding: 1 }),
      ];
      return net.concat(branches, 'block/output');
    });
    const principles = await checkPrinciples(graph);
    // Two of the three values per pixel: more than a third.
    expect(measured(principles, kept)).toBeCloseTo(2 / 3, 6);
    expect(findingsOf(principles)[kept]).toBeUndefined();
    expect(principles.stages[0]?.smallestCut).toBe(2 * 32 * 32);
  });

  it('name every layer of a cut that is a bottleneck', async () => {
    const graph = networkOf(32, (net) => {
      let x = net.convolution(net.image, 'wide', 64, { kernel: 3, padding: 1 });
      x = net.convolution(x, 'halved', 128, { kernel: 3, stride: 2, padding: 1 });
      const left = net.convolution(x, 'block/narrow_left', 1, { kernel: 1 });
      const right = net.convolution(x, 'block/narrow_right', 1, { kernel: 1 });
      const branches = [
        net.convolution(left, 'block/left', 64, { kernel: 3, padding: 1 }),
        net.convolution(right, 'block/right', 64, { kernel: 3, padding: 1 }),
      ];
      return net.concat(branches, 'block/output');
    });
    const { [kept]: cuts } = findingsOf(await checkPrinciples(graph));
    expect(cuts).toEqual([['block/narrow_left, block/narrow_right', 0.17]]);
  });

  it('see no bottleneck in a narrow branch beside a shortcut', async () => {
    const net = networkOf(16, (builder) => builder.convolution(builder.image, 'only', 8, { kernel: 3, padding: 1 }));
    const narrow: Graph = {
      ...emptyGraph('shortcut', { irVersion: 8, opset: 13 }),
      inputs: [makeValue('image', 'float', ['N', 3, 16, 16])],
      outputs: [makeValue('sum', 'float', ['N', 3, 16, 16])],
      nodes: [
        makeNode('Conv', ['image', 'down'], ['one'], { name: 'one' }),
        makeNode('LeakyRelu', ['one'], ['leaky'], { attributes: [floatAttribute('alpha', 0.1)] }),
        makeNode('Conv', ['leaky', 'up'], ['three'], { name: 'three' }),
        makeNode('Add', ['image', 'three'], ['sum'], { name: 'sum' }),
      ],
      initializers: new Map([
        ['down', makeTensor('down', [1, 3, 1, 1], new Float32Array(3).fill(1))],
        ['up', makeTensor('up', [3, 1, 1, 1], new Float32Array(3).fill(1))],
      ]),
    };
    expect(measured(await checkPrinciples(narrow), kept)).toBe(1);
    expect(measured(await checkPrinciples(net), kept)).toBeCloseTo(8 / 3, 6);
  });

  it('find a stage that is wider than the others for its depth, and one that loses channels', async () => {
    const graph = networkOf(64, (net) => {
      let x = net.convolution(net.image, 'first', 256, { kernel: 3, stride: 2, padding: 1 });
      x = net.convolution(x, 'heavy', 256, { kernel: 3, padding: 1 });
      x = net.convolution(x, 'down', 16, { kernel: 3, stride: 2, padding: 1 });
      for (const layer of [1, 2, 3, 4, 5, 6]) x = net.convolution(x, `light${layer}`, 16, { kernel: 3, padding: 1 });
      return x;
    });
    const findings = findingsOf(await checkPrinciples(graph));
    expect(findings[balance]?.map(([layers]) => layers)).toEqual(['first, heavy', 'down, light6']);
    expect(findings[growth]).toEqual([['down, light6', 0.06]]);
  });

  it('do not count what follows the global average, wherever its channels are', async () => {
    const graph = networkOf(32, (net) => net.convolution(net.image, 'a', 24, { kernel: 3, padding: 1 }));
    const average = graph.nodes.find(({ opType }) => opType === 'GlobalAveragePool')?.output[0] ?? '';
    const channelsLast = [
      makeNode('Transpose', [average], ['last'], { attributes: [intsAttribute('perm', [0, 2, 3, 1])] }),
      makeNode('Relu', ['last'], ['last_relu']),
    ];
    const nodes = graph.nodes.flatMap((node) =>
      node.opType === 'Flatten' ? [...channelsLast, { ...node, input: ['last_relu'] }] : [node],
    );
    expect(findingsOf(await checkPrinciples({ ...graph, nodes }))[kept]).toBeUndefined();
  });

  it('accept a large convolution behind a reduction, also through a factorized pair', async () => {
    const graph = networkOf(32, (net) => {
      let x = net.convolution(net.image, 'wide', 128, { kernel: 3, padding: 1 });
      x = net.convolution(x, 'reduce', 48, { kernel: 1 });
      x = net.convolution(x, 'row', 64, { kernel: [1, 3], padding: [0, 1] });
      x = net.convolution(x, 'column', 64, { kernel: [3, 1], padding: [1, 0] });
      x = net.convolution(x, 'unreduced_later', 128, { kernel: 1 });
      return net.convolution(x, 'spread', 128, { kernel: 3, padding: 1 });
    });
    expect(findingsOf(await checkPrinciples(graph))[reduction]?.map(([layer]) => layer)).toEqual(['spread']);
  });
});
