import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import type { Failure } from '../../../../shared/failures/failure.ts';
import { processUsage } from '../../../../shared/images/cropper/process-usage.ts';
import { watchUsage } from '../../../../shared/images/cropper/usage-limits.ts';

/** A process whose JavaScript never returns, after it has printed a line. */
async function start(code: string): Promise<number> {
  const child = spawn(process.execPath, ['-e', `require('fs').writeSync(1, '.'); ${code}`]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

const unlimited = { processorSeconds: 1000, growth: () => 2 ** 40, isWaiting: () => false };
const exceeded = (pid: number, limits: Partial<typeof unlimited>) =>
  new Promise<Failure>((resolve) => {
    onTestFinished(watchUsage(pid, { ...unlimited, ...limits }, resolve));
  });

it('a process whose JavaScript computes is too slow after its time of a core', async () => {
  const pid = await start('for (;;);');
  const before = processUsage(pid)?.seconds ?? 0;
  expect(await exceeded(pid, { processorSeconds: 0.3 })).toMatchObject({ reason: 'too_slow' });
  expect((processUsage(pid)?.seconds ?? 0) - before).toBeGreaterThan(0.3);
});

it('a process whose JavaScript allocates takes too much memory', async () => {
  const pid = await start('const kept = []; for (;;) if (kept.length < 200) kept.push(Buffer.alloc(2 ** 20, 1));');
  expect(await exceeded(pid, { growth: () => 50 * 2 ** 20 })).toMatchObject({
    reason: 'too_many_pixels',
    message: expect.stringContaining('more than 50 MiB of memory'),
  });
});

it('without measurements the clock counts, except while the process waits', async () => {
  const noProcess = 2 ** 30;
  let checks = 0;
  const isWaiting = () => {
    checks += 1;
    return checks < 5;
  };
  expect(await exceeded(noProcess, { processorSeconds: 0.001, isWaiting })).toMatchObject({ reason: 'too_slow' });
  expect(checks).toBe(5);
});
