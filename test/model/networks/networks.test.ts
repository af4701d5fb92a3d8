import { describe, expect, it } from 'vitest';
import { type Graph, modelOf } from '../../../model/graph/graph.ts';
import { addUint8Input } from '../../../model/import/input/add-uint8-input.ts';
import { countParameters } from '../../../model/inspect/count-parameters.ts';
import type { NetworkOptions } from '../../../model/networks/network-options.ts';
import { findNetwork, networks } from '../../../model/networks/networks.ts';
import { encodeModel } from '../../../model/onnx/model-file.ts';
import { floatData } from '../../../model/onnx/tensor.ts';
import { openNetwork, runCrops } from '../../../model/verify/network-session.ts';
import { syntheticCropBatch } from '../../../model/verify/synthetic-crops.ts';
import { plain, small } from '../../support/networks.ts';
import { schemaFaults } from '../../support/schema-rules.ts';
import { tinyPreprocess } from '../../support/tiny-model.ts';

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
  ...variantsOf('compact-resnet', ['batch norm', 'dropout'], small),
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

  // With padding in every layer, these three take images of 7×7 pixels too.
  const anySize = ['compact-inception-v3', 'compact-network-in-network', 'compact-resnet'];
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
      'unknown network alexnet: give one of googlenet, inception-v2, inception-v3, compact-inception, compact-inception-v3, compact-resnet, lenet5, network-in-network, compact-network-in-network',
    );
    expect(() => findNetwork('toString')).toThrow('unknown network');
    expect(() => findNetwork('googlnet')).toThrow('unknown network googlnet (did you mean googlenet?): give one of');
  });
});
