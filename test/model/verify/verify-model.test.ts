import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { intAttribute } from '../../../model/graph/attribute.ts';
import { type Graph, graphOf, modelOf } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { inspectModel } from '../../../model/inspect/inspect-model.ts';
import { encodeModel } from '../../../model/onnx/model-file.ts';
import { readNetwork } from '../../../model/onnx/read-network.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { optimizeModel } from '../../../model/optimize/optimize-model.ts';
import { quantizeModel } from '../../../model/quantize/quantize-model.ts';
import { verifyModel } from '../../../model/verify/verify-model.ts';
import type { ModelManifest } from '../../../shared/models/model-manifest.ts';
import { writePhotos } from '../../support/photos.ts';
import { publishedNetwork, withNodes } from '../../support/published-network.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

async function tiny(): Promise<string> {
  const folder = temporaryFolder();
  await writeTinyModel(folder);
  return folder;
}

/** Replaces the network of a model directory and its digest, as a wrong conversion would. */
async function rewrite(folder: string, change: (graph: Graph) => Graph): Promise<void> {
  const { model } = await readNetwork(join(folder, 'model.onnx'));
  const network = encodeModel(modelOf(change(graphOf(model))));
  await writeFile(join(folder, 'model.onnx'), network);
  await changeManifest(folder, { sha256: createHash('sha256').update(network).digest('hex') });
}

async function changeManifest(folder: string, changes: Partial<ModelManifest>): Promise<void> {
  const path = join(folder, 'manifest.json');
  const manifest: unknown = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify(Object.assign({}, manifest, changes)));
}

async function failed(folder: string, against?: string): Promise<string[]> {
  const { ok, checks } = await verifyModel(folder, against === undefined ? {} : { against });
  expect(ok).toBe(checks.every((check) => check.ok));
  return checks.filter((check) => !check.ok).map(({ name, detail }) => `${name}: ${detail}`);
}

describe('verifying a model directory', () => {
  it('passes a valid model, and reports the measured values', async () => {
    const report = await verifyModel(await tiny());
    expect(report.ok).toBe(true);
    expect(report.model).toMatch(/^tiny@[0-9a-f]{12}$/);
    expect(report.checks.map(({ name }) => name)).toEqual([
      ...['digest', 'runtime', 'input', 'probabilities output', 'embedding output'],
      ...['finite', 'classes', 'probabilities', 'batch', 'embedding', 'reference output'],
    ]);
    for (const { figure } of report.checks) if (figure) expect(figure.value).toBeLessThanOrEqual(figure.limit);
  });

  it('reports a Split of another number of parts, for which onnxruntime would abort the process', async () => {
    const folder = await tiny();
    const split = makeNode('Split', ['image'], ['part'], {
      attributes: [intAttribute('axis', 1), intAttribute('num_outputs', 3)],
    });
    await rewrite(folder, (graph) => ({ ...graph, opset: 18, nodes: [...graph.nodes, split] }));
    const reason = 'Split node with output part states 3 parts, but its outputs are 1: the file is damaged';
    expect(await failed(folder)).toEqual([`runtime: ${reason}; export the model again`]);
    await expect(inspectModel(folder)).rejects.toThrow(reason);
    const options = { source: folder, out: join(folder, 'never') };
    await expect(optimizeModel({ ...options, mergeSiblings: false })).rejects.toThrow(reason);
    await expect(quantizeModel({ ...options, calibrate: folder, images: 2 })).rejects.toThrow(reason);
  });

  it('reports outputs that the network does not have', async () => {
    const folder = await tiny();
    await changeManifest(folder, { outputs: { probabilities: 'prob', embedding: 'embedding', embeddingSize: 9 } });
    expect(await failed(folder)).toEqual([
      'probabilities output: expected prob, float32 [batch, 4]; the network has probabilities, embedding',
      'embedding output: expected embedding to be float32 [batch, 9], got float32 [N, 8]',
    ]);
  });

  it('reports a fixed batch', async () => {
    const folder = await tiny();
    await rewrite(folder, (graph) => ({ ...graph, inputs: [makeValue('image', 'uint8', [1, 32, 32, 3])] }));
    expect(await failed(folder)).toContain(
      'input: expected image to be uint8 [batch, 32, 32, 3], got uint8 [1, 32, 32, 3]',
    );
  });

  it('reports probabilities that do not sum to 1', async () => {
    const folder = await tiny();
    await rewrite(folder, (graph) =>
      withNodes(graph, 'Softmax', ({ input, output }) => [makeNode('Sigmoid', input, output)]),
    );
    expect(await failed(folder)).toEqual([
      expect.stringMatching(/^probabilities: their sum differs from 1 by .* \(tolerance 1\.0e-4\)/),
    ]);
  });

  it('reports NaN outputs', async () => {
    const folder = await tiny();
    await rewrite(folder, (graph) => {
      const bias = makeTensor('classes_b', [4], Float32Array.of(Number.NaN, 0, 0, 0));
      return { ...graph, initializers: new Map([...graph.initializers, [bias.name, bias]]) };
    });
    expect(await failed(folder)).toContain('finite: an output is NaN or infinite');
  });

  it('reports a network with one class, which has probability 1 for every image', async () => {
    const folder = temporaryFolder();
    await writeTinyModel(folder, { labels: 1 });
    expect(await failed(folder)).toEqual([
      'classes: one class has probability 1 for every image: import the model again',
    ]);
  });

  it('reports a network whose outputs do not depend on the image', async () => {
    const folder = await tiny();
    await rewrite(folder, (graph) => {
      const weights = makeTensor('conv2_w', [8, 6, 3, 3], new Float32Array(8 * 6 * 9));
      return { ...graph, initializers: new Map([...graph.initializers, [weights.name, weights]]) };
    });
    expect(await failed(folder)).toContain('classes: all 3 synthetic images have the same outputs');
  });

  it('compares logits as such, since a saturated Softmax hides their differences', async () => {
    const folder = await tiny();
    const against = join(folder, 'published.onnx');
    const saturated = (graph: Graph, ...bias: number[]) => {
      const tensor = makeTensor('classes_b', [4], Float32Array.from(bias));
      return { ...graph, initializers: new Map([...graph.initializers, [tensor.name, tensor]]) };
    };
    const published = withNodes(publishedNetwork({ size: 32 }), 'Softmax', () => []);
    const logits = { ...saturated(published, 500, 0, 0, 0), outputs: [makeValue('logits', 'float', [1, 4])] };
    await writeFile(against, encodeModel(modelOf(logits)));
    await rewrite(folder, (graph) => saturated(graph, 500, 0, 0, 0));
    expect((await failed(folder, against)).filter((line) => line.startsWith('parity'))).toEqual([]);
    await rewrite(folder, (graph) => saturated(graph, 500, 5, 0, 0));
    expect(await failed(folder, against)).toContainEqual(
      expect.stringMatching(/^parity: logits differ by 1\.0e-2 of the largest \(tolerance 0\.0001\)$/),
    );
  });

  it('reports a network that the runtime cannot load', async () => {
    const folder = await tiny();
    await rewrite(folder, (graph) =>
      withNodes(graph, 'Relu', ({ input, output }) => [makeNode('NoSuchOperator', input, output)]),
    );
    expect(await failed(folder)).toEqual([
      expect.stringMatching(/^runtime: onnxruntime cannot load model\.onnx: .*NoSuchOperator/),
    ]);
  });

  it('reports a published network with other probabilities', async () => {
    const folder = await tiny();
    const against = join(folder, 'published.onnx');
    await writeFile(against, encodeModel(modelOf(publishedNetwork({ size: 32 }))));
    expect(await failed(folder, against)).toEqual([]);
    const bias = makeTensor('classes_b', [4], Float32Array.of(0.5, 0, 0, 0));
    const other = publishedNetwork({ size: 32 });
    const changed = { ...other, initializers: new Map([...other.initializers, [bias.name, bias]]) };
    await writeFile(against, encodeModel(modelOf(changed)));
    expect(await failed(folder, against)).toEqual([expect.stringMatching(/^parity: probabilities differ from/)]);
  });

  it('recommends the float model if a rounded model is compared with the published file', async () => {
    const [float, folder] = [await tiny(), temporaryFolder()];
    const against = join(float, 'published.onnx');
    await writeFile(against, encodeModel(modelOf(publishedNetwork({ size: 32 }))));
    await writePhotos(join(folder, 'photos'), 4);
    const calibrate = join(folder, 'photos');
    await quantizeModel({ source: float, calibrate, images: 4, out: join(folder, 'int8'), force: true });
    expect(await failed(join(folder, 'int8'), against)).toEqual([
      expect.stringMatching(
        /^parity: .* \(tolerance 1\.0e-5\); this is a model in int8: give --against the float model .*, tiny \(tiny@/,
      ),
    ]);
  });

  it('rejects a folder without a manifest, and a network with another digest', async () => {
    await expect(verifyModel(temporaryFolder())).rejects.toThrow('manifest.json is missing');
    const folder = await tiny();
    await changeManifest(folder, { sha256: '0'.repeat(64) });
    await expect(verifyModel(folder)).rejects.toThrow('its manifest expects 000000000000…');
  });
});
