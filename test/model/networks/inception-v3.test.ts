import { describe, expect, it } from 'vitest';
import { getFloat } from '../../../model/graph/attribute.ts';
import { isOperator } from '../../../model/graph/node.ts';
import { countParameters } from '../../../model/inspect/count-parameters.ts';
import { layerTable } from '../../../model/inspect/layer-table.ts';
import { findNetwork } from '../../../model/networks/networks.ts';
import { plain, rowsOf } from '../../support/networks.ts';

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
