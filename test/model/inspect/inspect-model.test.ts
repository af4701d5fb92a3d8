import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelOf } from '../../../model/graph/graph.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { inspectModel } from '../../../model/inspect/inspect-model.ts';
import { encodeModel } from '../../../model/onnx/model-file.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { tinyNetwork, writeTinyModel } from '../../support/tiny-model.ts';

describe('inspecting a model', () => {
  it('summarizes a model directory', async () => {
    const folder = temporaryFolder();
    const manifest = await writeTinyModel(folder, { labels: 5 });
    const summary = await inspectModel(folder);
    expect(summary).toMatchObject({
      irVersion: 8,
      opset: 13,
      inputs: [{ name: 'image', type: 'uint8', shape: ['N', 32, 32, 3] }],
      outputs: [
        { name: 'probabilities', type: 'float', shape: ['N', 5] },
        { name: 'embedding', type: 'float', shape: ['N', 8] },
      ],
      nodes: 12,
      manifest: { name: 'tiny', labels: 5, embeddingSize: 8, source: manifest.source },
    });
    // 3×3 convolutions 3→6 and 6→8, linear 8→5, each with a bias. The mean of the input is not a parameter.
    expect(summary.parameters).toBe(6 * 27 + 6 + 8 * 54 + 8 + 5 * 8 + 5);
    expect(summary.operators.slice(0, 2)).toEqual([
      { operator: 'Conv', count: 2 },
      { operator: 'Relu', count: 2 },
    ]);
    expect(summary.operators.reduce((total, { count }) => total + count, 0)).toBe(summary.nodes);
  });

  it('measures the layers, or reports why it cannot', async () => {
    const folder = temporaryFolder();
    await writeTinyModel(folder, { labels: 5 });
    const { layers, parameters, withoutLayers } = await inspectModel(folder);
    expect(withoutLayers).toBeUndefined();
    expect(layers?.image).toEqual([1, 32, 32, 3]);
    expect(layers?.rows.map(({ name }) => name)).toEqual(['conv1', 'conv2', 'pool', 'logits']);
    expect(layers?.totals.parameters).toBe(parameters);

    const vector = { ...tinyNetwork(5, 32), inputs: [makeValue('data', 'float', ['N', 10])] };
    await writeFile(join(folder, 'vector.onnx'), encodeModel(modelOf(vector)));
    const summary = await inspectModel(join(folder, 'vector.onnx'));
    expect(summary).not.toHaveProperty('layers');
    expect(summary).toMatchObject({ parameters, withoutLayers: expect.stringContaining('give a network of images') });
  });

  it('summarizes a file without a manifest', async () => {
    const folder = temporaryFolder();
    await writeTinyModel(folder);
    expect(await inspectModel(join(folder, 'model.onnx'))).not.toHaveProperty('manifest');
  });

  it('rejects paths that are neither', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'text.onnx'), 'not a network, only a text');
    await expect(inspectModel(join(folder, 'text.onnx'))).rejects.toThrow('is not an ONNX model');
    await expect(inspectModel(folder)).rejects.toThrow('manifest.json is missing');
    await expect(inspectModel(join(folder, 'none'))).rejects.toThrow('no model directory or .onnx file at');
  });
});

describeWithFixtures('inspecting the published GoogLeNet', (fixtures) => {
  it('counts the published number of parameters', async () => {
    const summary = await inspectModel(join(fixtures, 'models/googlenet-zoo.onnx'));
    expect(summary.parameters).toBe(6_998_552);
    expect(summary.operators[0]).toEqual({ operator: 'Conv', count: 57 });
    expect(summary.inputs).toEqual([{ name: 'data_0', type: 'float', shape: [1, 3, 224, 224] }]);
  });
});
