import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeSession } from '../../../shared/inference/accelerator/describe-session.ts';
import { providers } from '../../../shared/inference/accelerator/provider.ts';
import { stackCrops } from '../../../shared/inference/batch.ts';
import { openSession, type SessionOptions } from '../../../shared/inference/open-session.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { referenceImage } from '../../../shared/models/reference-image.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

// The results must not depend on the drivers of this machine.
process.env['VK_ICD_FILENAMES'] = process.env['VK_DRIVER_FILES'] = '/nonexistent';
const withoutDrivers = process.platform === 'linux';

const folder = join(temporaryFolder(), 'tiny');
let model: Model;

beforeEach(async () => {
  await writeTinyModel(folder);
  model = await loadModel(folder);
});

async function opened(options: Partial<SessionOptions> = {}, of: Model = model) {
  const session = await openSession(of, { threads: 1, ...options });
  await session.close();
  return session;
}

function withReferenceOutput({ manifest, ...rest }: Model, knownAnswer: Model['manifest']['knownAnswer']): Model {
  return { ...rest, manifest: { ...manifest, knownAnswer } };
}

describe('opening a session', () => {
  it('reports the CPU and its difference from the reference output', async () => {
    const session = await opened();
    expect(session).toMatchObject({ provider: 'cpu', parallel: 1 });
    expect(session.report).toMatchObject({
      referenceCheck: { from: 'manifest', tolerance: 1e-3 },
      skippedProviders: [],
    });
    expect(session.report.referenceCheck?.difference).toBeLessThan(1e-5);
    expect(describeSession(session)).toMatch(
      /^runs on cpu, 1 batch at a time; reference output within .*e-\d \(tolerance 1e-3\)$/,
    );
  });

  it('rejects a network whose output differs from the manifest, naming the expected and the received value', async () => {
    const { knownAnswer } = model.manifest;
    const [first, ...others] = knownAnswer?.probabilities ?? [];
    if (knownAnswer === undefined || first === undefined) throw new Error('the tiny model has no reference output');
    const wrong = withReferenceOutput(model, { ...knownAnswer, probabilities: [{ ...first, value: 0.9 }, ...others] });
    await expect(opened({ threads: 2 }, wrong)).rejects.toMatchObject({
      name: 'UserError',
      fault: 'wrong_answer',
      provider: 'cpu',
      message: expect.stringMatching(/^cpu: wrong results: probability\[\d\] should be 0\.9, got 0\.\d+/),
    });
  });

  it('accepts a manifest without a reference output, and reports that', async () => {
    const path = join(folder, 'manifest.json');
    const { knownAnswer: _, ...older } = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify(older));
    const unchecked = await loadModel(folder);
    expect(modelId(unchecked.manifest)).toBe(modelId(model.manifest));
    const session = await opened({}, unchecked);
    expect(session.report.referenceCheck).toBeUndefined();
    expect(describeSession(session)).toContain('the manifest has no reference output');
  });

  it('measures the CPU on request, and rejects it below a minimum', async () => {
    expect((await opened()).report.imagesPerSecond).toBeUndefined();
    expect((await opened({ measureSpeed: true, batchSize: 8 })).report.imagesPerSecond).toBeGreaterThan(1);
    await expect(opened({ minImagesPerSecond: 1e9 })).rejects.toMatchObject({
      fault: 'too_slow',
      message: expect.stringMatching(/^cpu: too slow: \d+ images\/s, the minimum is 1000000000 images\/s$/),
    });
  });

  it('rejects a named accelerator that is not available, in one line', async () => {
    const failed = opened({ accelerator: 'cuda' });
    await expect(failed).rejects.toMatchObject({ fault: 'unavailable', provider: 'cuda' });
    await expect(failed).rejects.toThrow(/^cuda: not available: onnxruntime-node does not include NVIDIA's libraries$/);
    await expect(opened({ accelerator: 'tensorrt' })).rejects.toMatchObject({ fault: 'unavailable' });
  });

  it.runIf(withoutDrivers)('falls back to the CPU under auto, and reports why the others were skipped', async () => {
    const { provider, report } = await opened({ accelerator: 'auto' });
    expect(provider).toBe('cpu');
    expect(report.skippedProviders.map((skipped) => skipped.provider)).toEqual(
      providers.filter((name) => name !== 'cpu'),
    );
    expect(report.skippedProviders.at(-1)?.reason).toBe(
      'not available: Failed to get a WebGPU adapter: No supported adapters',
    );
  });

  it.runIf(withoutDrivers)('rejects the CPU if a GPU is required, and lists the providers it tried', async () => {
    await expect(opened({ accelerator: 'auto', requireGpu: true })).rejects.toMatchObject({
      fault: 'no_gpu',
      message: expect.stringMatching(/^cpu: a GPU is required, but tensorrt: .*; cuda: .*; webgpu: .*adapters$/),
    });
    await expect(opened({ accelerator: 'cpu', requireGpu: true })).rejects.toThrow(
      'cpu: a GPU is required, but the selected accelerator is cpu',
    );
  });
});

describe('a model file that changes after it was read', () => {
  it('does not affect a session, open or opened later', async () => {
    const crop = () => stackCrops([referenceImage([32, 32, 3])], 32, 32);
    const before = await openSession(model, { threads: 1 });
    const expected = [...(await before.run(crop())).probabilities];
    await appendFile(join(folder, 'model.onnx'), 'damage');
    await rm(join(folder, 'manifest.json'));
    expect([...(await before.run(crop())).probabilities]).toEqual(expected);
    await before.close();
    const after = await openSession(model, { threads: 1 });
    expect([...(await after.run(crop())).probabilities]).toEqual(expected);
    await after.close();
  });

  it('is reported when it is read again', async () => {
    await appendFile(join(folder, 'model.onnx'), 'damage');
    await expect(loadModel(folder)).rejects.toThrow(/digest of .*model\.onnx is .* the file was changed or damaged/);
  });
});
