import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { runCommand } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { startWorker } from '../support/start-worker.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Hides the drivers of this machine, so that these tests do not depend on them.
const noDrivers = { VK_ICD_FILENAMES: '/nonexistent', VK_DRIVER_FILES: '/nonexistent' };
const folder = temporaryFolder();
const model = await makeTinyModel();
const aws = await startAws();

async function worker(environment: Record<string, string>) {
  const { exited, stderr } = startWorker({
    ...{ MODEL: model, CROPS_QUEUE_URL: await aws.makeCropsQueue(), RESULTS: 's3://results' },
    ...{ AWS_ENDPOINT: aws.endpoint, ...noDrivers, ...environment },
  });
  const [[code], printed] = await Promise.all([exited, stderr]);
  return { code, lastLine: printed.trimEnd().split('\n').at(-1) };
}

describe('a worker does not start, and prints one line,', () => {
  it.runIf(process.platform === 'linux')('without a GPU where one is required', async () => {
    expect(await worker({ REQUIRE_GPU: 'true' })).toEqual({
      code: 1,
      lastLine: expect.stringMatching(
        /^inception-batch worker: cpu: a GPU is required, but tensorrt: .*; cuda: .*; webgpu: .*No supported adapters$/,
      ),
    });
  });

  it('below its minimum speed', async () => {
    expect(await worker({ ACCELERATOR: 'cpu', MIN_IMAGES_PER_SECOND: '1000000000' })).toEqual({
      code: 1,
      lastLine: expect.stringMatching(
        /^inception-batch worker: cpu: too slow: \d+ images\/s, the minimum is 1000000000 images\/s$/,
      ),
    });
  });
});

describe('a run with --accelerator auto', () => {
  it.runIf(process.platform === 'linux')('prints its device, and why faster ones were not used', async () => {
    await writePhotos(join(folder, 'photos'), 2);
    const locations = ['--model', model, '--store', join(folder, 'store')];
    const run = await runCommand(['run', join(folder, 'photos'), ...locations, '--accelerator', 'auto'], noDrivers);
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(
      /^runs on cpu, \d+ batch(es)? at a time; reference output .*; skipped tensorrt: .*; skipped cuda: .*; skipped webgpu: .*$/m,
    );
  });
});
