import { fork } from 'node:child_process';
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { progressiveScans } from '../../../../bench/costly/jpeg-files.ts';
import { Failure } from '../../../../shared/failures/failure.ts';
import { openCropper } from '../../../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { decoderProcessesOf } from '../../../support/decoder-processes.ts';
import { eventually } from '../../../support/eventually.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { scene } from '../../../support/formats/scene.ts';

/** Takes several seconds of a core. */
const slow = progressiveScans(3072);

function open() {
  const before = new Set(decoderProcessesOf(process.pid));
  const pool = decodePool(2, { maxBytes: 2 ** 28 }, { files: 2 ** 28, decoded: 2 ** 31 });
  const cropper = openCropper({ rule: smallRule(), limits: defaultDecodeLimits, pool });
  onTestFinished(() => cropper.close());
  const processes = () => decoderProcessesOf(process.pid).filter((pid) => !before.has(pid));
  const started = () => eventually(() => expect(processes()).toHaveLength(1)).then(() => processes()[0] ?? 0);
  return { cropper, processes, started };
}

/** Crashes a process as a decoder would, once it is ready: its priority is lowered then. */
async function crash(pid: number): Promise<void> {
  await eventually(() => expect(getPriority(pid)).toBe(10));
  process.kill(pid, 'SIGSEGV');
}

const photo = () => scene().jpeg().toBuffer();

it('an image that crashes the decoder twice is corrupt, and the next one is decoded', async () => {
  const { cropper, processes, started } = open();
  const crop = cropper.crop(slow, { isSuspect: true }).catch(Failure.from);
  const first = await started();
  // Another process tries the image again.
  await crash(first);
  const second = await eventually(() => {
    const [pid] = processes().filter((other) => other !== first);
    if (pid === undefined) throw new Error('no second try yet');
    return pid;
  });
  await crash(second);
  expect(await crop).toMatchObject({ reason: 'corrupt', message: 'the decoder crashed (SIGSEGV)' });
  expect(await cropper.crop(await photo(), { isSuspect: true })).toMatchObject({ format: 'jpeg' });
});

it('an image whose process is killed from outside is retryable', async () => {
  const { cropper, started } = open();
  const crop = cropper.crop(slow, { isSuspect: true }).catch(Failure.from);
  process.kill(await started(), 'SIGKILL');
  const failure = await crop;
  expect(failure).toMatchObject({ reason: 'internal' });
  expect(failure instanceof Failure && failure.isTransient).toBe(true);
});

it('an image whose process does not answer for two minutes is retryable', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { cropper, processes, started } = open();
  const crop = cropper.crop(slow, { isSuspect: true }).catch(Failure.from);
  process.kill(await started(), 'SIGSTOP');
  vi.advanceTimersByTime(121_000);
  expect(await crop).toMatchObject({ reason: 'timeout', message: expect.stringContaining('120 s') });
  vi.useRealTimers();
  await eventually(() => expect(processes()).toEqual([]));
});

it('processes are used again, one image after the other', async () => {
  const { cropper, processes } = open();
  const bytes = await photo();
  for (let index = 0; index < 3; index += 1) await cropper.crop(bytes, { isSuspect: true });
  expect(processes()).toHaveLength(1);
  await cropper.close();
  await eventually(() => expect(processes()).toEqual([]));
});

it('a process ignores Ctrl-C, and ends when the program that started it is killed', async () => {
  const program = fork(fileURLToPath(new URL('../../../support/crop-suspect.ts', import.meta.url)), { execArgv: [] });
  onTestFinished(() => void program.kill('SIGKILL'));
  await once(program, 'message');
  const [pid = 0] = decoderProcessesOf(program.pid ?? 0);
  process.kill(pid, 'SIGINT');
  program.send('again');
  // The same process answers.
  await once(program, 'message');
  expect(decoderProcessesOf(program.pid ?? 0)).toEqual([pid]);
  program.kill('SIGKILL');
  await once(program, 'exit');
  await eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
});

it('a program with an idle process ends by itself', async () => {
  const program = fork(fileURLToPath(new URL('../../../support/crop-suspect.ts', import.meta.url)), { execArgv: [] });
  onTestFinished(() => void program.kill('SIGKILL'));
  await once(program, 'message');
  program.disconnect();
  expect(await once(program, 'exit')).toEqual([0, null]);
});
