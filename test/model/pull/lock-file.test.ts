import { spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
