import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished, vi } from 'vitest';
import { metaBomb } from '../../../../bench/costly/box-files.ts';
import { progressiveScans } from '../../../../bench/costly/jpeg-files.ts';
import { emptyChunks } from '../../../../bench/costly/png-files.ts';
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
  return { cropper, pool, processes, started };
}

/** Crashes a process as a decoder would, once it is ready: its priority is lowered then. */
async function crash(pid: number): Promise<void> {
  await eventually(() => expect(getPriority(pid)).toBe(10));
  process.kill(pid, 'SIGSEGV');
}

const photo = () => scene().jpeg().toBuffer();

it('an image that crashes the decoder twice is corrupt, and the next one is decoded', async () => {
  const { cropper, pool, processes, started } = open();
  const alone = vi.spyOn(pool.memory, 'alone');
  const crop = cropper.crop(slow, { isSuspect: true }).catch(Failure.from);
  const first = await started();
  expect(alone).not.toHaveBeenCalled();
  // Another process tries the image again, without neighbors that may have used the memory.
  await crash(first);
  const second = await eventually(() => {
    const [pid] = processes().filter((other) => other !== first);
    if (pid === undefined) throw new Error('no second try yet');
    return pid;
  });
  expect(alone).toHaveBeenCalledOnce();
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

it('a process ends after ten seconds without an image', async () => {
  const { cropper, processes } = open();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  await cropper.crop(await photo(), { isSuspect: true });
  vi.advanceTimersByTime(9_000);
  await cropper.crop(await photo(), { isSuspect: true });
  vi.advanceTimersByTime(9_000);
  expect(processes()).toHaveLength(1);
  vi.advanceTimersByTime(1_001);
  vi.useRealTimers();
  await eventually(() => expect(processes()).toEqual([]));
});

it('a process that keeps much memory is not used again', async () => {
  const { cropper, processes } = open();
  // The file itself is still in memory when the image is done.
  await cropper.crop(Buffer.concat([await photo(), Buffer.alloc(330 * 2 ** 20)]), { isSuspect: true });
  await eventually(() => expect(processes()).toEqual([]));
});

it('a process gets no variables but those that programs need to start', async () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('GITHUB_TOKEN', 'secret');
  vi.stubEnv('DB_PASSWORD', 'secret');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { cropper, processes } = open();
  await cropper.crop(await photo(), { isSuspect: true });
  const environment = readFileSync(`/proc/${processes()[0]}/environ`, 'latin1');
  expect(environment).toContain('PATH=');
  expect(environment).not.toContain('secret');
});

it('reading a header waits for no more memory than it takes', async () => {
  const { cropper, pool } = open();
  const hold = vi.spyOn(pool.memory, 'hold');
  await cropper.crop(Buffer.from('a note'), { isSuspect: true }).catch(Failure.from);
  expect(hold.mock.calls.map(([bytes]) => bytes)).toEqual([2 ** 20]);
});

it('a file of many chunks or boxes is read in a process', async () => {
  for (const bytes of [emptyChunks(2 ** 20), metaBomb(2 ** 20, 'top')]) {
    const { cropper, processes } = open();
    await cropper.crop(bytes).catch(Failure.from);
    expect(processes()).toHaveLength(1);
  }
});

it('an image is retryable if the system starts no process', async () => {
  const program = fileURLToPath(new URL('../../../support/crop-suspect.ts', import.meta.url));
  // Node itself takes about 20 files; fewer do not reach the process.
  const runs = `for n in 22 24 26 28; do (ulimit -n $n; exec '${process.execPath}' '${program}') 2>&1; done`;
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', runs]);
  expect(stdout).toMatch(/^internal: no process to decode in: Error: spawn .* EMFILE/m);
  expect(stdout).not.toContain('TypeError');
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
