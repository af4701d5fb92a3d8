import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { buildModel } from '../../model/networks/build-model.ts';
import { inceptionBatch } from '../support/cli.ts';
import { writeBars } from '../support/idx.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeWithWebgpu } from './describe-with-webgpu.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  await mkdir(at('bars'));
  await writeBars(at('bars'), 'train', 16);
  await writeBars(at('bars'), 't10k', 10, 2);
  await writeFile(at('labels.txt'), 'upright an upright bar\nlying a lying bar\n');
  const labels = at('labels.txt');
  await buildModel({ network: 'compact-resnet', width: 0.5, labels, out: at('resnet') });
  await buildModel({ network: 'lenet5', labels, out: at('lenet') });
});

function train(model: string, accelerator: string, ...options: string[]) {
  const few = ['--epochs', '1', '--batch', '8', '--hold-out', '0', '--rate', '0.01', '--dropout', '0', '--overwrite'];
  return inceptionBatch([
    ...['model', 'train', at(model), '--data', at('bars'), ...few, '--area', '1', '--workers', '1'],
    ...['--accelerator', accelerator, '--out', at('trained'), '--checkpoint', at('checkpoint'), ...options],
  ]);
}

describeWithWebgpu('training on the WebGPU provider', () => {
  it('gives the losses of a training on the CPU', async () => {
    const [gpu, cpu] = [await train('resnet', 'webgpu', '--json'), await train('resnet', 'cpu', '--json')];
    expect([gpu.code, cpu.code]).toEqual([0, 0]);
    const [onGpu, onCpu] = [JSON.parse(gpu.stdout), JSON.parse(cpu.stdout)];
    expect([onGpu.provider, onGpu.updates, onCpu.provider]).toEqual(['webgpu', 2, 'cpu']);
    expect(onGpu.history[0].loss).toBeCloseTo(onCpu.history[0].loss, 4);
    expect(onGpu.test.loss).toBeCloseTo(onCpu.test.loss, 4);
  });

  // As in webgpu.test.ts: a convolution from 6 channels to a multiple of 4 is computed wrongly (onnxruntime issue 29651).
  it('is refused for a network whose gradients it computes wrongly', async () => {
    const { code, stderr } = await train('lenet', 'webgpu');
    expect([code, stderr.trimEnd().split('\n').at(-1)]).toEqual([
      1,
      expect.stringMatching(/^inception-batch: webgpu: wrong gradients: they differ from the CPU's by 0\.\d+ of their/),
    ]);
  });

  it('is skipped by auto where it is slower than the CPU, with the reason', async () => {
    const { code, stderr } = await train('resnet', 'auto');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^skipped cuda: not available: /m);
    expect(stderr).toMatch(/^skipped webgpu: too slow: \S+ ms per update, the CPU takes \S+ ms$/m);
    expect(stderr).toMatch(/^trains on the CPU$/m);
  });
});
