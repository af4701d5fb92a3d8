import { describe, expect, it } from 'vitest';
import { getFloat, getInts } from '../../../model/graph/attribute.ts';
import { type Graph, modelOf } from '../../../model/graph/graph.ts';
import { isOperator } from '../../../model/graph/node.ts';
import { addUint8Input } from '../../../model/import/input/add-uint8-input.ts';
import { countParameters } from '../../../model/inspect/count-parameters.ts';
import { layerTable } from '../../../model/inspect/layer-table.ts';
import type { NetworkOptions } from '../../../model/networks/network-options.ts';
import { findNetwork, networks } from '../../../model/networks/networks.ts';
import { encodeModel } from '../../../model/onnx/model-file.ts';
import { floatData } from '../../../model/onnx/tensor.ts';
import { openNetwork, runCrops } from '../../../model/verify/network-session.ts';
import { syntheticCropBatch } from '../../../model/verify/synthetic-crops.ts';
import { schemaFaults } from '../../support/schema-rules.ts';
import { tinyPreprocess } from '../../support/tiny-model.ts';

const plain = { classes: 1000, width: 1, batchNorm: false, dropout: false, seed: 1 } as const;
/** Small enough to build and run in milliseconds. */
const small = { ...plain, classes: 7, size: 32, width: 0.125 } as const;

const choices: Readonly<Record<string, Partial<NetworkOptions>>> = {
  'naive modules': { modules: 'naive' },
  auxiliaries: { auxiliary: true, size: 80 },
  'batch norm': { batchNorm: true },
  dropout: { dropout: true },
};
const variants: [string, NetworkOptions][] = [
  ...variantsOf('googlenet', Object.keys(choices), small),
  ...variantsOf('compact-inception', Object.keys(choices), small),
  ...variantsOf('inception-v2', ['auxiliaries', 'batch norm', 'dropout'], { ...small, size: 75 }),
  ...variantsOf('inception-v3', ['auxiliaries', 'batch norm', 'dropout'], { ...small, size: 75 }),
  ...variantsOf('compact-inception-v3', ['auxiliaries', 'batch norm', 'dropout'], small),
  ...variantsOf('lenet5', ['batch norm', 'dropout'], small),
  ...variantsOf('network-in-network', ['batch norm', 'dropout'], { ...small, size: 67 }),
  ...variantsOf('compact-network-in-network', ['batch norm', 'dropout'], small),
];

/** All combinations of the choices, named by the choices in them. */
function variantsOf(name: string, choiceNames: readonly string[], base: NetworkOptions): [string, NetworkOptions][] {
  let combinations: [string, NetworkOptions][] = [[name, base]];
  for (const choice of choiceNames) {
    const withChoice = combinations.map(([text, options]): [string, NetworkOptions] => [
      `${text}, ${choice}`,
      { ...options, ...choices[choice] },
    ]);
    combinations = combinations.concat(withChoice);
  }
  return combinations;
}

describe('every network', () => {
  it.each(variants)('follows the schema and runs with batches of 1, 3 and 16: %s', async (variant, options) => {
    const [name = ''] = variant.split(',');
    const preprocess = tinyPreprocess(options.size);
    const { graph } = addUint8Input(findNetwork(name).build(options), { preprocess, networkOrder: 'RGB' });
    const model = modelOf(graph);
    expect(schemaFaults(model)).toEqual([]);
    const session = await openNetwork(encodeModel(model), name);
    try {
      const input = { name: 'image', dtype: 'uint8', layout: 'NHWC', shape: [options.size, options.size, 3] } as const;
      const outputs = { probabilities: 'probabilities', embedding: 'embedding', embeddingSize: 1 };
      for (const batch of [1, 3, 16]) {
        const crops = syntheticCropBatch(batch, preprocess.crop);
        const result = await runCrops(session, { input: { ...input, shape: [...input.shape] }, outputs }, crops);
        expect(result.probabilities).toMatchObject({ count: batch, size: options.classes });
        expect(result.embedding.count).toBe(batch);
        expect(result.embedding.data.every(Number.isFinite)).toBe(true);
        const sum = result.probabilities.data.reduce((total, value) => total + value, 0);
        expect(sum).toBeCloseTo(batch, 3);
      }
    } finally {
      await session.release();
    }
  });

  it.each(Object.entries(networks))('%s has weights that depend on the seed only', (_, { build }) => {
    const options = { ...small, size: 75 };
    const weights = (graph: Graph) => Array.from(graph.initializers.values(), floatData);
    expect(weights(build(options))).toEqual(weights(build(options)));
    expect(weights(build({ ...options, seed: 2 }))).not.toEqual(weights(build(options)));
  });

  // With padding in every layer, these two take images of any size.
  const anySize = ['compact-inception-v3', 'compact-network-in-network'];
  const limited = Object.entries(networks).filter(([name]) => !anySize.includes(name));
  it.each(limited)('%s reports the layer for which an image is too small', (name, { build }) => {
    const message = new RegExp(
      `^an image of 7×7 pixels is too small for ${name}: the input of \\S+ is \\d×\\d, smaller`,
    );
    expect(() => build({ ...small, size: 7, auxiliary: true })).toThrow(message);
  });

  it('fits into a 2 GiB file', () => {
    expect(() => findNetwork('googlenet').build({ ...small, width: 1000 })).toThrow('a model file holds 2 GiB');
  });
});

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

/** Rows of `model inspect` as name, output shape and number of layers with weights on the longest path. */
async function rowsOf(graph: Graph): Promise<[string, string, number][]> {
  const { rows } = await layerTable(graph);
  return rows.map(({ name, shape, depth }) => [name, shape.slice(1).join('×'), depth]);
}

describe('Inception-v3', () => {
  const { build, batchNorm } = findNetwork('inception-v3');
  const options = { ...plain, size: 299, batchNorm };
  const network = build(options);

  it('has the parameters and multiply-adds of the published network', async () => {
    const { totals } = await layerTable(network);
    // Derived in decision 0032: Keras has 23,817,352 and no scales; torchvision has the same, and 17,216 scales.
    expect(totals).toMatchObject({ parameters: 23_834_568, multiplyAdds: 5_713_216_096, depth: 48 });
    expect(countParameters(build({ ...options, auxiliary: true }))).toBe(27_161_264);
  });

  it('has the layers of the published network', async () => {
    expect(await rowsOf(network)).toEqual([
      ['conv1a/3x3_s2', '32×149×149', 1],
      ['conv2a/3x3', '32×147×147', 1],
      ['conv2b/3x3', '64×147×147', 1],
      ['pool2/3x3_s2', '64×73×73', 0],
      ['conv3b/1x1', '80×73×73', 1],
      ['conv4a/3x3', '192×71×71', 1],
      ['pool4/3x3_s2', '192×35×35', 0],
      ['mixed_5b', '256×35×35', 3],
      ['mixed_5c', '288×35×35', 3],
      ['mixed_5d', '288×35×35', 3],
      ['mixed_6a', '768×17×17', 3],
      ['mixed_6b', '768×17×17', 5],
      ['mixed_6c', '768×17×17', 5],
      ['mixed_6d', '768×17×17', 5],
      ['mixed_6e', '768×17×17', 5],
      ['mixed_7a', '1280×8×8', 4],
      ['mixed_7b', '2048×8×8', 3],
      ['mixed_7c', '2048×8×8', 3],
      ['pool7', '2048×1×1', 0],
      ['logits', '1000', 1],
    ]);
  });

  it('has the branches of the published network', () => {
    const filters = (module: string) =>
      network.nodes
        .filter((node) => isOperator(node, 'Conv') && node.name.startsWith(`${module}/`))
        .map(({ name }) => `${name.slice(module.length + 1)} ${network.initializers.get(`${name}_w`)?.dims[0]}`);
    expect(filters('mixed_5b')).toEqual([
      ...['1.1_1x1 64', '2.1_1x1 48', '2.2_5x5 64', '3.1_1x1 64', '3.2_3x3 96', '3.3_3x3 96', '4.2_1x1 32'],
    ]);
    expect(filters('mixed_6a')).toEqual(['1.1_3x3_s2 384', '2.1_1x1 64', '2.2_3x3 96', '2.3_3x3_s2 96']);
    expect(filters('mixed_6b')).toEqual([
      ...['1.1_1x1 192', '2.1_1x1 128', '2.2_1x7 128', '2.3_7x1 192'],
      ...['3.1_1x1 128', '3.2_7x1 128', '3.3_1x7 128', '3.4_7x1 128', '3.5_1x7 192', '4.2_1x1 192'],
    ]);
    expect(filters('mixed_7a')).toEqual([
      ...['1.1_1x1 192', '1.2_3x3_s2 320', '2.1_1x1 192', '2.2_1x7 192', '2.3_7x1 192', '2.4_3x3_s2 192'],
    ]);
    expect(filters('mixed_7c')).toEqual([
      ...['1.1_1x1 320', '2.1_1x1 384', '2.2_1x3 384', '2.2_3x1 384'],
      ...['3.1_1x1 448', '3.2_3x3 384', '3.3_1x3 384', '3.3_3x1 384', '4.2_1x1 192'],
    ]);
  });

  it('normalizes every convolution, also those of the auxiliary classifier, and has no biases', () => {
    const { nodes } = build({ ...options, size: 75, width: 0.125, auxiliary: true });
    const convolutions = nodes.filter((node) => isOperator(node, 'Conv'));
    expect(convolutions).toHaveLength(94 + 2);
    for (const { input } of convolutions) expect(input).toHaveLength(2);
    const norms = nodes.filter((node) => isOperator(node, 'BatchNormalization'));
    expect(norms).toHaveLength(96);
    for (const norm of norms) expect(getFloat(norm, 'epsilon', 0)).toBeCloseTo(0.001, 9);
  });

  it.each([
    [75, '1×1', 1],
    [299, '8×8', 5],
    [512, '14×14', 5],
  ])('takes images of %i pixels', async (size, last, side) => {
    const graph = build({ ...options, size, width: 0.125, auxiliary: true });
    const { rows } = await layerTable(graph);
    const row = (name: string) => rows.find((each) => each.name === name);
    expect(row('mixed_7c')?.shape.slice(2).join('×')).toBe(last);
    // The second convolution of the auxiliary classifier covers what the pool leaves, at most 5×5 pixels.
    expect(row('auxiliary/hidden')?.window?.kernel).toEqual([side, side]);
  });

  it('requires images of at least 75 pixels', () => {
    expect(() => build({ ...options, size: 74, width: 0.125 })).toThrow(
      'an image of 74×74 pixels is too small for inception-v3: the input of mixed_7a/1.2_3x3_s2 is 2×2, smaller than its 3×3 window',
    );
  });
});

describe('Inception-v2', () => {
  const { build, batchNorm } = findNetwork('inception-v2');

  it('has the sizes of table 1 of the paper', async () => {
    const network = build({ ...plain, size: 299, batchNorm });
    const { totals } = await layerTable(network);
    expect(totals).toMatchObject({ parameters: 25_769_544, multiplyAdds: 6_299_294_304, depth: 53 });
    // The table has the input size of each row; the output is the input of the next row.
    expect(await rowsOf(network)).toEqual([
      ['conv1/3x3_s2', '32×149×149', 1],
      ['conv2/3x3', '32×147×147', 1],
      ['conv3/3x3', '64×147×147', 1],
      ['pool3/3x3_s2', '64×73×73', 0],
      ['conv4/3x3', '80×71×71', 1],
      ['conv5/3x3_s2', '192×35×35', 1],
      ['conv6/3x3', '288×35×35', 1],
      ['inception_3a', '288×35×35', 3],
      ['inception_3b', '288×35×35', 3],
      ['inception_3c', '288×35×35', 3],
      ['reduction_3', '768×17×17', 3],
      ['inception_4a', '768×17×17', 5],
      ['inception_4b', '768×17×17', 5],
      ['inception_4c', '768×17×17', 5],
      ['inception_4d', '768×17×17', 5],
      ['inception_4e', '768×17×17', 5],
      ['reduction_4', '1280×8×8', 3],
      ['inception_5a', '2048×8×8', 3],
      ['inception_5b', '2048×8×8', 3],
      ['pool5', '2048×1×1', 0],
      ['logits', '1000', 1],
    ]);
  });

  it('has the 42 layers of the paper if 1×7 and 7×1 count as one, without the linear layer', async () => {
    const { rows, totals } = await layerTable(build({ ...plain, size: 299, batchNorm, width: 0.125 }));
    const factorized = rows.filter(({ name }) => name.startsWith('inception_4')).length;
    expect(totals.depth - 2 * factorized - 1).toBe(42);
  });
});

describe('the compact Inception-v3', () => {
  it('has one module of each kind', async () => {
    const { build, batchNorm } = findNetwork('compact-inception-v3');
    const network = build({ ...plain, classes: 10, size: 28, batchNorm });
    expect(countParameters(network)).toBe(342_490);
    expect(await rowsOf(network)).toEqual([
      ['conv1a/3x3', '16×28×28', 1],
      ['conv1b/3x3', '24×28×28', 1],
      ['mixed_2', '96×14×14', 3],
      ['mixed_3a', '112×14×14', 3],
      ['mixed_3b', '160×14×14', 5],
      ['mixed_4a', '288×7×7', 4],
      ['mixed_4b', '400×7×7', 3],
      ['pool5', '400×1×1', 0],
      ['logits', '10', 1],
    ]);
  });
});

describe('the other networks', () => {
  it('have the published number of parameters', () => {
    // LeNet-5 for color images of 32 × 32, as commonly used for CIFAR-10; Network in Network for ImageNet and for CIFAR-10.
    expect(countParameters(findNetwork('lenet5').build({ ...plain, classes: 10, size: 32 }))).toBe(62_006);
    expect(countParameters(findNetwork('network-in-network').build({ ...plain, size: 224 }))).toBe(7_595_176);
    expect(countParameters(findNetwork('compact-network-in-network').build({ ...plain, classes: 10, size: 32 }))).toBe(
      966_986,
    );
  });

  it('initialize weights with the variance of He et al.', () => {
    const graph = findNetwork('network-in-network').build({ ...plain, size: 224 });
    const weights = graph.initializers.get('conv2_w');
    const values = weights === undefined ? new Float32Array() : floatData(weights);
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(variance * 96 * 25).toBeCloseTo(2, 1);
    expect(Math.abs(mean) * Math.sqrt(96 * 25)).toBeLessThan(0.02);
  });
});

describe('findNetwork', () => {
  it('lists the known names in its error', () => {
    expect(() => findNetwork('alexnet')).toThrow(
      'unknown network alexnet: give one of googlenet, inception-v2, inception-v3, compact-inception, compact-inception-v3, lenet5, network-in-network, compact-network-in-network',
    );
    expect(() => findNetwork('toString')).toThrow('unknown network');
    expect(() => findNetwork('googlnet')).toThrow('unknown network googlnet (did you mean googlenet?): give one of');
  });
});
