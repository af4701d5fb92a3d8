import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../model/graph/attribute.ts';
import { emptyGraph, type Graph, modelOf } from '../../model/graph/graph.ts';
import { makeNode } from '../../model/graph/node.ts';
import { makeValue } from '../../model/graph/value.ts';
import { importModel } from '../../model/import/import-model.ts';
import { elementType } from '../../model/onnx/element-type.ts';
import { encodeModel } from '../../model/onnx/model-file.ts';
import { optimizeModel } from '../../model/optimize/optimize-model.ts';
import { writeModelDirectory } from '../../model/write-model-directory.ts';
import { describeSession } from '../../shared/inference/accelerator/describe-session.ts';
import { stackCrops } from '../../shared/inference/batch.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import { inceptionBatch } from '../support/cli.ts';
import { cropOf } from '../support/crops.ts';
import { describeWithFixtures } from '../support/fixtures.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { wave, writeTinyModel } from '../support/tiny-model.ts';
import { describeWithWebgpu } from './describe-with-webgpu.ts';

const onWebgpu = { accelerator: 'webgpu', threads: 1, minImagesPerSecond: 0 } as const;

async function tiny(channels: number): Promise<Model> {
  return loadModel(await makeTinyModel({ channels }));
}

/** The mean color and a softmax over it, in 64-bit floats, which shaders do not support. */
function networkOfDoubles(): Graph {
  const cast = (from: string, to: string, type: number) =>
    makeNode('Cast', [from], [to], { attributes: [intAttribute('to', type)] });
  return {
    ...emptyGraph('doubles', { irVersion: 8, opset: 13 }),
    inputs: [makeValue('image', 'uint8', ['N', 32, 32, 3])],
    outputs: [makeValue('probabilities', 'float', ['N', 4]), makeValue('embedding', 'float', ['N', 3])],
    nodes: [
      cast('image', 'pixels', elementType.double),
      makeNode('ReduceMean', ['pixels'], ['mean'], {
        attributes: [intsAttribute('axes', [1, 2]), intAttribute('keepdims', 0)],
      }),
      cast('mean', 'embedding', elementType.float),
      cast('weights', 'factors', elementType.double),
      makeNode('MatMul', ['mean', 'factors'], ['logits']),
      makeNode('Softmax', ['logits'], ['likely'], { attributes: [intAttribute('axis', 1)] }),
      cast('likely', 'probabilities', elementType.float),
    ],
    initializers: new Map([['weights', wave('weights', [3, 4], 0.01, 1)]]),
  };
}

describeWithWebgpu('the WebGPU provider', () => {
  it('runs every node, including the conversion of bytes, and matches the reference output', async () => {
    const session = await openSession(await tiny(8), { ...onWebgpu, batchSize: 8 });
    await session.close();
    expect(session).toMatchObject({ provider: 'webgpu', parallel: 1 });
    expect(session.report.shares).toEqual([{ provider: 'webgpu', nodes: 1, time: 1 }]);
    expect(session.report.referenceCheck).toMatchObject({ from: 'manifest', tolerance: 1e-3 });
    expect(session.report.imagesPerSecond).toBeGreaterThan(0);
  });

  it('gives every crop of a batch the same scores as the CPU', async () => {
    const model = await tiny(8);
    const batch = () =>
      stackCrops(
        [10, 120, 240].map((fill) => cropOf({ fill }).tensor.pixels),
        32,
        32,
      );
    const [gpu, cpu] = [await openSession(model, onWebgpu), await openSession(model, { threads: 1 })];
    // They must run one after another: two concurrent runs would abort the process.
    const outputs = await Promise.all(Array.from({ length: 10 }, () => gpu.run(batch())));
    const expected = await cpu.run(batch());
    await Promise.all([gpu.close(), cpu.close()]);
    for (const { probabilities, embeddings } of outputs) {
      for (const [index, value] of expected.probabilities.entries()) expect(probabilities[index]).toBeCloseTo(value, 4);
      for (const [index, value] of expected.embeddings.entries()) expect(embeddings[index]).toBeCloseTo(value, 4);
    }
  });

  // onnxruntime 1.30: a convolution wider than 1 × 1 from 6, 9, 15, ... channels to a multiple of 4 is computed wrongly
  // (issue 29651). If this test fails, the runtime has been fixed, and the test needs another fault.
  it('is rejected for a network that it computes wrongly', async () => {
    const model = await tiny(6);
    await expect(openSession(model, onWebgpu)).rejects.toMatchObject({
      fault: 'wrong_answer',
      message: expect.stringMatching(/^webgpu: wrong results: .* got /),
    });
  });

  it('is rejected by comparison with the CPU if the manifest has no reference output', async () => {
    for (const [channels, correct] of [
      [8, true],
      [6, false],
    ] as const) {
      const { manifest, ...rest } = await tiny(channels);
      const opening = openSession({ ...rest, manifest: { ...manifest, knownAnswer: undefined } }, onWebgpu);
      if (!correct) await expect(opening).rejects.toMatchObject({ fault: 'wrong_answer' });
      else {
        const session = await opening;
        await session.close();
        expect(describeSession(session)).toContain("the CPU's output (the manifest has no reference output) within");
      }
    }
  });

  it('is skipped by auto if it is wrong or slow, with the reason', async () => {
    const wrong = await openSession(await tiny(6), { accelerator: 'auto', threads: 1 });
    await wrong.close();
    expect(wrong.provider).toBe('cpu');
    expect(wrong.report.skippedProviders.at(-1)).toMatchObject({
      provider: 'webgpu',
      reason: expect.stringMatching(/wrong results/),
    });
    await expect(
      openSession(await tiny(8), { accelerator: 'auto', threads: 1, requireGpu: true, minImagesPerSecond: 1e9 }),
    ).rejects.toThrow(/a GPU is required, but .*webgpu: too slow: \d+ images\/s, the minimum is 1000000000 images\/s$/);
  });

  it('is rejected if the network falls back to the CPU, which the runtime does without an error', async () => {
    const [tinyFolder, folder] = [temporaryFolder(), temporaryFolder()];
    const network = encodeModel(modelOf(networkOfDoubles()));
    const sha256 = createHash('sha256').update(network).digest('hex');
    const outputs = { probabilities: 'probabilities', embedding: 'embedding', embeddingSize: 3 };
    await writeModelDirectory(folder, { ...(await writeTinyModel(tinyFolder)), sha256, outputs }, network);
    await expect(openSession(await loadModel(folder), onWebgpu)).rejects.toMatchObject({
      fault: 'fallback',
      message: 'webgpu: less than half of the network runs on it: cpu 100 % of the nodes and 100 % of the time',
    });
  });

  it('is named in every row that it computed', async () => {
    const folder = temporaryFolder();
    await writeTinyModel(join(folder, 'model'), { channels: 8 });
    await writePhotos(join(folder, 'photos'), 3);
    const place = ['--store', join(folder, 'store')];
    const model = ['--model', join(folder, 'model'), '--accelerator', 'webgpu'];
    const run = await inceptionBatch(['run', join(folder, 'photos'), ...model, ...place]);
    expect(run.stderr).toMatch(/runs on webgpu, 1 batch at a time; webgpu 100 % of the nodes/);
    expect(run.code).toBe(0);
    const sql = 'select provider, count(*)::int as images from results group by provider';
    const { stdout } = await inceptionBatch(['results', ...place, '--sql', sql, '--format', 'jsonl']);
    expect(JSON.parse(stdout)).toEqual({ provider: 'webgpu', images: 3 });
  });
});

describeWithFixtures('GoogLeNet', (fixtures) => {
  describeWithWebgpu('on the WebGPU provider', () => {
    it('matches its reference output, with every node on the GPU', async () => {
      const folder = temporaryFolder();
      const float = join(folder, 'float');
      const out = join(folder, 'optimized');
      await importModel({ source: join(fixtures, 'models/googlenet-zoo.onnx'), preset: 'bvlc', out: float });
      await optimizeModel({ source: float, out, mergeSiblings: false });
      const session = await openSession(await loadModel(out), onWebgpu);
      await session.close();
      console.log(describeSession(session));
      expect(session.report.shares).toEqual([{ provider: 'webgpu', nodes: 1, time: 1 }]);
      expect(session.report.referenceCheck?.difference).toBeLessThan(1e-4);
    });
  });
});
