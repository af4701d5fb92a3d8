import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeTemporaryFolder } from '../../../../shared/stores/local/temporary-folder.ts';
import { repository } from '../../../support/cli.ts';
import { eventually } from '../../../support/eventually.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const module = pathToFileURL(join(repository, 'shared/stores/local/temporary-folder.ts')).href;
const makeFolder = `const { makeTemporaryFolder } = await import('${module}'); await makeTemporaryFolder('query');`;

/** Starts a process that makes a temporary folder in `parent` and then waits. */
function startIn(parent: string, before = '') {
  return spawn(
    process.execPath,
    ['--input-type=module', '-e', `${before} ${makeFolder} setInterval(() => {}, 1000);`],
    {
      env: { ...process.env, TMPDIR: parent },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
}

describe('a temporary folder', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('is removed when %s ends the process', async (signal) => {
    const parent = temporaryFolder();
    const child = startIn(parent);
    const exited = once(child, 'exit');
    await eventually(async () => expect(await readdir(parent)).toHaveLength(1));
    child.kill(signal);
    expect(await exited).toEqual([null, signal]);
    expect(await readdir(parent)).toEqual([]);
  });

  it('is removed by a signal in the moment in which it is made', async () => {
    const parent = temporaryFolder();
    // Looks without letting the process go on, so that the signal comes before anything else can happen.
    const killSelf = `
      const { readdirSync } = await import('node:fs');
      const isMade = () => readdirSync(process.env.TMPDIR).length > 0;
      const look = () => {
        const end = performance.now() + 50;
        while (performance.now() < end && !isMade());
        if (isMade()) process.kill(process.pid, 'SIGTERM');
        else setImmediate(look);
      };
      setImmediate(look);`;
    expect(await once(startIn(parent, killSelf), 'exit')).toEqual([null, 'SIGTERM']);
    expect(await readdir(parent)).toEqual([]);
  });

  it('is kept while a process that handles the signal finishes its work', async () => {
    const parent = temporaryFolder();
    const child = startIn(parent, `process.on('SIGINT', () => console.log('finishing'));`);
    const printed = text(child.stdout);
    await eventually(async () => expect(await readdir(parent)).toHaveLength(1));
    child.kill('SIGINT');
    await once(child.stdout, 'data');
    expect(await readdir(parent)).toHaveLength(1);
    child.kill('SIGKILL');
    expect(await printed).toBe('finishing\n');
  });

  it('is touched while it is in use, so that no process in another container takes it for a leftover', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const used = await makeTemporaryFolder('query');
    onTestFinished(() => used.remove());
    await utimes(used.path, 1000, 1000);
    vi.advanceTimersByTime(600_000);
    await eventually(async () => expect((await stat(used.path)).mtimeMs).toBeGreaterThan(2_000_000));
    await used.remove();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('of a process that was killed is removed by the next one an hour later; others are kept', async () => {
    const parent = temporaryFolder();
    const killed = startIn(parent);
    const exited = once(killed, 'exit');
    await eventually(async () => expect(await readdir(parent)).toHaveLength(1));
    killed.kill('SIGKILL');
    await exited;
    const [old = ''] = await readdir(parent);
    const kept = [`inception-batch-query-${process.pid}-abcdef`, 'inception-batch-test-1-2-3', 'other'];
    for (const name of kept) await mkdir(join(parent, name));
    const recent = old.replace(/[^-]+$/, 'recent');
    await mkdir(join(parent, recent));
    const almostAnHour = Date.now() / 1000 - 3500;
    await utimes(join(parent, recent), almostAnHour, almostAnHour);
    for (const name of [old, ...kept]) await utimes(join(parent, name), 1000, 1000);
    const next = startIn(parent);
    await eventually(async () => expect(await readdir(parent)).not.toContain(old));
    next.kill('SIGINT');
    await once(next, 'exit');
    expect((await readdir(parent)).toSorted()).toEqual([...kept, recent].toSorted());
  });
});
