import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import type { Finding, MeasureRequest } from '../../../../bench/accelerator/measure/messages.ts';
import { runMeasurement } from '../../../../bench/accelerator/measure/run-measurement.ts';
import { makeTinyModel } from '../../../support/make-tiny-model.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

afterEach(() => vi.unstubAllEnvs());

async function findings(request: Partial<MeasureRequest>, stop = new AbortController().signal): Promise<Finding[]> {
  const found: Finding[] = [];
  const whole: MeasureRequest = {
    ...{ provider: 'cpu', checkOnly: true, model: '/nowhere', batches: [], measureMs: 1, threads: 1, feedRate: 1 },
    ...{ crops: [], reference: [], photos: { folder: '', names: [] }, deadline: Date.now() + 300_000 },
    ...request,
  };
  await runMeasurement(whole, { stop, temporary: temporaryFolder(), onFinding: (finding) => found.push(finding) });
  return found;
}

it('a provider that loads the network is available', async () => {
  expect(await findings({ model: await makeTinyModel() })).toEqual([{ kind: 'available' }]);
});

it('an error of the process is its last finding', async () => {
  const [failed, ...others] = await findings({});
  expect(failed).toEqual({ kind: 'failed', reason: expect.stringMatching(/^no model in \/nowhere/) });
  expect(others).toEqual([]);
});

it('a process that ends by itself is a failure with its exit code', async () => {
  vi.stubEnv('NODE_OPTIONS', "--import=data:text/javascript,console.error('broken');process.exit(3)");
  expect(await findings({})).toEqual([{ kind: 'failed', reason: 'the process ended with exit code 3: broken' }]);
});

it('of a crash, the line that names the error is kept', async () => {
  const crash = join(temporaryFolder(), 'crash.mjs');
  writeFileSync(crash, "throw new RangeError('device lost')");
  vi.stubEnv('NODE_OPTIONS', `--import=${crash}`);
  const reason = 'the process ended with exit code 1: RangeError: device lost';
  expect(await findings({})).toEqual([{ kind: 'failed', reason }]);
});

it('a process is killed at its deadline', async () => {
  const [failed] = await findings({ deadline: Date.now() });
  expect(failed).toMatchObject({ kind: 'failed', fault: 'out_of_time' });
});

it('a process is killed when the command is interrupted', async () => {
  const stop = new AbortController();
  const found = findings({}, stop.signal);
  stop.abort();
  expect(await found).toEqual([{ kind: 'failed', reason: 'interrupted' }]);
});
