import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import type { Graph } from '../../../model/graph/graph.ts';
import { freshName, renameValue } from '../../../model/graph/names.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { addLuminance } from '../../../model/import/input/add-luminance.ts';
import { layerTable } from '../../../model/inspect/layer-table.ts';
import { checkPrinciples } from '../../../model/inspect/principles/check-principles.ts';
import type { NodeProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { formSize, plainForm } from '../../support/import-forms.ts';

const weights = 'colors';

/** The network with nodes from `image` to `colors_out` before it, which read the constant `colors`. */
function behind(network: Graph, nodes: readonly NodeProto[], shape: readonly number[], channelsLast = false): Graph {
  const [input] = network.inputs;
  const renamed = renameValue(network, input?.name ?? '', 'colors_out');
  const image = channelsLast ? ['N', formSize, formSize, 3] : ['N', 3, formSize, formSize];
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.25);
  return {
    ...renamed,
    inputs: [makeValue('image', 'float', image)],
    nodes: [...nodes, ...renamed.nodes],
    initializers: new Map([...renamed.initializers, [weights, makeTensor(weights, shape, values)]]),
  };
}

const color = plainForm();
const gray = plainForm({ channels: 1 });
const perChannel = makeNode('Conv', ['image', weights], ['colors_out'], { attributes: [intAttribute('group', 3)] });
const matrix = [
  makeNode('MatMul', ['image', weights], ['mixed']),
  makeNode('Transpose', ['mixed'], ['colors_out'], { attributes: [intsAttribute('perm', [0, 3, 1, 2])] }),
];
const forms: Readonly<Record<string, readonly [network: Graph, withColors: Graph]>> = {
  'the luminance of a grayscale network': [gray, addLuminance(gray, { isRounded: false }).graph],
  'the rounded luminance of one of bytes': [gray, addLuminance(gray, { isRounded: true }).graph],
  'a scale for each channel': [color, behind(color, [perChannel], [3, 1, 1, 1])],
  'another color space, channels last': [color, behind(color, matrix, [3, 3], true)],
};

describe('products that only compute colors', () => {
  it.each(Object.entries(forms))('are not layers of the network: %s', async (_, [network, withColors]) => {
    const [expected, received] = [await checkPrinciples(network), await checkPrinciples(withColors)];
    expect(received.stages).toEqual(expected.stages);
    expect(received.checks).toEqual(expected.checks);
    expect((await layerTable(withColors)).totals.depth).toBe((await layerTable(network)).totals.depth);
  });

  it('show in the table of layers, without a depth', async () => {
    const { rows } = await layerTable(behind(color, [perChannel], [3, 1, 1, 1]));
    expect(rows[0]).toMatchObject({ name: 'colors_out', depth: 0, parameters: 3, layers: [{ isColor: true }] });
    expect(rows[1]).toMatchObject({ depth: 1 });
  });
});

describe('products of single pixels', () => {
  const wide = makeNode('Conv', ['image', weights], ['wide']);

  it('are layers of the network if they have more channels than the image', async () => {
    const name = freshName(color, 'narrow');
    const network = behind(color, [wide, makeNode('Conv', ['wide', name], ['colors_out'])], [4, 3, 1, 1]);
    const narrow = makeTensor(name, [3, 4, 1, 1], new Float32Array(12).fill(1));
    const graph = { ...network, initializers: new Map([...network.initializers, [name, narrow]]) };
    expect((await layerTable(graph)).totals.depth).toBe((await layerTable(color)).totals.depth + 2);
  });

  it('are layers of the network behind a pool', async () => {
    const pool = makeNode('MaxPool', ['image'], ['pooled'], { attributes: [intsAttribute('kernel_shape', [3, 3])] });
    const graph = behind(color, [pool, makeNode('Conv', ['pooled', weights], ['colors_out'])], [3, 3, 1, 1]);
    expect((await layerTable(graph)).totals.depth).toBe((await layerTable(color)).totals.depth + 1);
  });

  it('are layers of a network that has no others', async () => {
    const only = {
      ...behind(color, [makeNode('Conv', ['image', weights], ['probabilities'])], [3, 3, 1, 1]),
      nodes: [makeNode('Conv', ['image', weights], ['probabilities'])],
      outputs: [makeValue('probabilities', 'float', ['N', 3, formSize, formSize])],
    };
    expect((await layerTable(only)).totals.depth).toBe(1);
  });
});
