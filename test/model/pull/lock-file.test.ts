import { spawnSync } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { withLockFile } from '../../../model/pull/lock-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const never = () => expect.unreachable('nothing holds the lock');

describe('a lock file', () => {
  it('lets one process work at a time, tells the other that it waits, and leaves no file', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    const order: string[] = [];
    const first = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const one = withLockFile(path, { onWait: never }, async () => {
      order.push('one begins');
      started.resolve();
      await first.promise;
      order.push('one ends');
    });
    await started.promise;
    const two = withLockFile(path, { onWait: () => first.resolve() }, async () => {
      order.push('two');
    });
    await Promise.all([one, two]);
    expect(order).toEqual(['one begins', 'one ends', 'two']);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken from a process that has ended', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const path = join(temporaryFolder(), 'lock');
    await writeFile(path, JSON.stringify({ pid, host: hostname(), token: 'x' }));
    expect(await withLockFile(path, { onWait: never }, async () => 'done')).toBe('done');
  });

  /** A lock of a process on another machine, and a clock that only `pass` moves. */
  async function lockElsewhere() {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const path = join(temporaryFolder(), 'lock');
    await writeFile(path, JSON.stringify({ pid: process.pid, host: `not-${hostname()}`, token: 'x' }));
    return { path, pass: (seconds: number) => vi.advanceTimersByTime(1000 * seconds) };
  }

  it('is taken from another machine that has not renewed it for a minute', async () => {
    const { path, pass } = await lockElsewhere();
    const onWait = vi.fn(() => pass(61));
    expect(await withLockFile(path, { onWait }, async () => 'done')).toBe('done');
    expect(onWait).toHaveBeenCalledOnce();
  });

  it('is left to another machine while that renews it', async () => {
    const { path, pass } = await lockElsewhere();
    const stop = new AbortController();
    const onWait = () => {
      utimesSync(path, 1, 1); // the clock of that machine is wrong
      pass(61);
      setTimeout(() => stop.abort(new Error('still held')), 600); // three looks at the lock
    };
    await expect(withLockFile(path, { onWait, stop: stop.signal }, async () => {})).rejects.toThrow('still held');
  });

  it('ends the wait with the reason of a signal, and leaves the lock to its process', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname(), token: 'x' }));
    const stop = new AbortController();
    const options = { onWait: () => stop.abort(new Error('enough')), stop: stop.signal };
    await expect(withLockFile(path, options, async () => {})).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('is released after an error', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    const work = withLockFile(path, { onWait: never }, () => Promise.reject(new Error('failed')));
    await expect(work).rejects.toThrow('failed');
    expect(await readdir(folder)).toEqual([]);
  });
});
