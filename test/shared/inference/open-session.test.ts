import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeSession } from '../../../shared/inference/accelerator/describe-session.ts';
import { providers } from '../../../shared/inference/accelerator/provider.ts';
import { referenceImage } from '../../../shared/inference/accelerator/reference-image.ts';
import { stackCrops } from '../../../shared/inference/batch.ts';
import { openSession, type SessionOptions } from '../../../shared/inference/open-session.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

// No driver of this machine may make these tests pass or fail.
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

function withAnswer({ manifest, ...rest }: Model, knownAnswer: Model['manifest']['knownAnswer']): Model {
  return { ...rest, manifest: { ...manifest, knownAnswer } };
}

describe('opening a session', () => {
  it('says that the CPU computes and by how much it misses the known answer', async () => {
    const session = await opened();
    expect(session).toMatchObject({ provider: 'cpu', parallel: 1 });
    expect(session.report).toMatchObject({
      referenceCheck: { from: 'manifest', tolerance: 1e-3 },
      skippedProviders: [],
    });
    expect(session.report.referenceCheck?.difference).toBeLessThan(1e-5);
    expect(describeSession(session)).toMatch(
      /^computes on cpu, 1 batch at a time; the known answer but for .*e-\d, and 1e-3 is allowed$/,
    );
  });

  it('refuses a network that answers otherwise than its manifest says, naming what was expected and what came', async () => {
    const { knownAnswer } = model.manifest;
    const [first, ...others] = knownAnswer?.probabilities ?? [];
    if (knownAnswer === undefined || first === undefined) throw new Error('the tiny model has no known answer');
    const wrong = withAnswer(model, { ...knownAnswer, probabilities: [{ ...first, value: 0.9 }, ...others] });
    await expect(opened({ threads: 2 }, wrong)).rejects.toMatchObject({
      name: 'UserError',
      fault: 'wrong_answer',
      provider: 'cpu',
      message: expect.stringMatching(/^cpu: it computes something else: expected probability 0\.9 .* got 0\.\d+/),
    });
  });

  it('takes a manifest of before, and says that there was nothing to compare with', async () => {
    const path = join(folder, 'manifest.json');
    const { knownAnswer: _, ...before } = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify(before));
    const older = await loadModel(folder);
    expect(modelId(older.manifest)).toBe(modelId(model.manifest));
    const session = await opened({}, older);
    expect(session.report.referenceCheck).toBeUndefined();
    expect(describeSession(session)).toContain('no known answer in the manifest to check');
  });

  it('measures the CPU where that is asked for, and refuses it below a floor', async () => {
    expect((await opened()).report.imagesPerSecond).toBeUndefined();
    expect((await opened({ measureSpeed: true, batchSize: 8 })).report.imagesPerSecond).toBeGreaterThan(1);
    await expect(opened({ minImagesPerSecond: 1e9 })).rejects.toMatchObject({
      fault: 'too_slow',
      message: expect.stringMatching(/^cpu: expected at least 1000000000 images\/s, got \d+$/),
    });
  });

  it('refuses an accelerator that was named and cannot be had, in one line', async () => {
    const failed = opened({ accelerator: 'cuda' });
    await expect(failed).rejects.toMatchObject({ fault: 'unavailable', provider: 'cuda' });
    await expect(failed).rejects.toThrow(/^cuda: it cannot be had: Failed to load shared library.*$/);
    await expect(opened({ accelerator: 'tensorrt' })).rejects.toMatchObject({ fault: 'unavailable' });
  });

  it.runIf(withoutDrivers)('computes on the CPU under auto, and says why on none of the others', async () => {
    const { provider, report } = await opened({ accelerator: 'auto' });
    expect(provider).toBe('cpu');
    expect(report.skippedProviders.map((other) => other.provider)).toEqual(providers.filter((name) => name !== 'cpu'));
    expect(report.skippedProviders.at(-1)?.reason).toBe(
      'it cannot be had: Failed to get a WebGPU adapter: No supported adapters',
    );
  });

  it.runIf(withoutDrivers)('refuses the CPU where a GPU is required, with what was tried', async () => {
    await expect(opened({ accelerator: 'auto', requireGpu: true })).rejects.toMatchObject({
      fault: 'no_gpu',
      message: expect.stringMatching(/^cpu: a GPU is required, but tensorrt: .*; cuda: .*; webgpu: .*adapters$/),
    });
    await expect(opened({ accelerator: 'cpu', requireGpu: true })).rejects.toThrow(
      'cpu: a GPU is required, but the CPU was asked for',
    );
  });
});

describe('a model file that changes after it was read', () => {
  it('changes nothing for a session, whether it is open or yet to be opened', async () => {
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

  it('is named by whoever reads it next', async () => {
    await appendFile(join(folder, 'model.onnx'), 'damage');
    await expect(loadModel(folder)).rejects.toThrow(/digest of .*model\.onnx is .* the file was changed or damaged/);
  });
});
