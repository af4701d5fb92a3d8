import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { atEnd } from '../support/at-end.ts';
import { inceptionBatch } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { queryResults } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeImages } from './cast/pictures.ts';
import { hasParts, partsIn, startCommand } from './cast/start-command.ts';

const count = 1000;
const folder = temporaryFolder();
const drop = join(folder, 'drop');
const images = await writeImages(drop, count);
const model = await makeTinyModel();

const summarySchema = z.object({
  ...{ total: z.number(), pending: z.number(), classified: z.number(), rejected: z.number(), done: z.number() },
  reasons: z.record(z.string(), z.number()),
});

/** Mounts something until the running test ends. */
function mount(target: string, ...options: string[]): void {
  mkdirSync(target, { recursive: true });
  execFileSync('mount', [...options, target]);
  atEnd(() => {
    try {
      execFileSync('umount', ['--lazy', target], { stdio: 'ignore' });
    } catch {
      // The test has done that.
    }
  });
}

function runArgs(store: string, source = drop): string[] {
  return ['run', source, '--model', model, '--store', store, '--threads', '1', '--json'];
}

/** The next run on a sound disk completes what is missing; no image has two rows. */
async function expectCompletedBy(args: readonly string[], store: string): Promise<void> {
  const { code, stdout, stderr } = await inceptionBatch(args);
  expect(code, stderr).toBe(0);
  expect(summarySchema.parse(JSON.parse(stdout))).toMatchObject({ total: count, pending: 0 });
  await expectSums(store);
}

async function expectSums(store: string): Promise<void> {
  const sql = `select count(*)::int as rows, count(distinct key)::int as keys,
    (count(*) filter (where status = 'classified'))::int as classified from results`;
  const classified = images.filter(({ reason }) => reason === undefined).length;
  expect(await queryResults(store, sql)).toEqual([{ rows: count, keys: count, classified }]);
  const unfinished = (await partsIn(store)).filter((name) => !name.endsWith('.parquet'));
  expect(unfinished).toEqual([]);
}

const mayMount = canMount();
if (!mayMount) console.warn('the tests of disks are skipped: they mount file systems, which needs root');

describe.skipIf(!mayMount)('run on disks that fail', () => {
  it('ends on a full disk and names the store; with more space, the next run completes it', async () => {
    const store = join(temporaryFolder(), 'full');
    mount(store, '-t', 'tmpfs', '-o', 'size=60k', 'tmpfs');
    const { code, stderr } = await inceptionBatch(runArgs(store));
    expect(code).toBe(1);
    expect(stderr).toContain(store);
    expect(stderr).toMatch(/^inception-batch: [^\n]+\n$/);
    execFileSync('mount', ['-o', 'remount,size=64m', store]);
    await expectCompletedBy(runArgs(store), store);
    console.info(`full disk: ${stderr.trim()}`);
  });

  it('ends when the disk becomes read-only; the next run completes it', async () => {
    const store = join(temporaryFolder(), 'read-only');
    mount(store, '-t', 'tmpfs', '-o', 'size=64m', 'tmpfs');
    const running = startCommand(runArgs(store));
    await eventually(async () => expect(await hasParts(store)).toBe(true), { interval: 5 });
    await eventually(() => execFileSync('mount', ['-o', 'remount,ro', store], { stdio: 'ignore' }), { interval: 5 });
    const { code, stderr } = await running.finished;
    expect(code).toBe(1);
    expect(stderr).toContain(store);
    execFileSync('mount', ['-o', 'remount,rw', store]);
    await expectCompletedBy(runArgs(store), store);
    console.info(`read-only disk: ${stderr.trim()}`);
  });

  it('ends when the disk of the store is unmounted; the next run completes it', async () => {
    const parent = temporaryFolder();
    const [disk, store] = [join(parent, 'disk'), join(parent, 'store')];
    mount(disk, '-t', 'tmpfs', '-o', 'size=64m', 'tmpfs');
    mount(store, '--bind', disk);
    const running = startCommand(runArgs(store));
    await eventually(async () => expect(await hasParts(store)).toBe(true), { interval: 5 });
    execFileSync('umount', ['--lazy', store]);
    const { code, stderr } = await running.finished;
    expect(code).toBe(1);
    expect(stderr).toContain(`the folder ${store} was removed, or its disk unmounted`);
    mount(store, '--bind', disk);
    await expectCompletedBy(runArgs(store), store);
    console.info(`store gone: ${stderr.trim()}`);
  });

  it('ends when the folder of the store is removed; the next run completes it', async () => {
    const store = join(temporaryFolder(), 'removed');
    const running = startCommand(runArgs(store));
    await eventually(async () => expect(await hasParts(store)).toBe(true), { interval: 5 });
    await eventually(() => rmSync(store, { recursive: true }), { interval: 5 });
    const { code, stderr } = await running.finished;
    expect(code).toBe(1);
    expect(stderr).toContain(`the folder ${store} was removed, or its disk unmounted`);
    await expectCompletedBy(runArgs(store), store);
    console.info(`store removed: ${stderr.trim()}`);
  });

  it('rejects images whose disk is gone, and classifies them when it is back', async () => {
    const parent = temporaryFolder();
    const [source, store] = [join(parent, 'source'), join(parent, 'store')];
    mount(source, '--bind', drop);
    const running = startCommand(runArgs(store, source));
    await eventually(async () => expect(await hasParts(store)).toBe(true), { interval: 5 });
    execFileSync('umount', ['--lazy', source]);
    const { code, stdout, stderr } = await running.finished;
    expect(code, stderr).toBe(0);
    const { classified, rejected, reasons, ...sums } = summarySchema.parse(JSON.parse(stdout));
    expect(sums).toEqual({ total: count, done: 0, pending: 0 });
    expect(classified + rejected).toBe(count);
    expect(classified).toBeGreaterThan(0);
    expect(reasons['object_gone']).toBeGreaterThan(0);
    const known = new Set([...images.map(({ reason }) => reason), 'object_gone']);
    expect(Object.keys(reasons).filter((reason) => !known.has(reason))).toEqual([]);
    mount(source, '--bind', drop);
    await expectCompletedBy(runArgs(store, source), store);
    console.info(`images gone: exit code ${code}, ${stderr.trim()} ${stdout.trim()}`);
  });
});

/** Whether this process may mount file systems: a container may forbid it even to root. */
function canMount(): boolean {
  const target = join(folder, 'probe');
  mkdirSync(target);
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', target], { stdio: 'ignore' });
    execFileSync('umount', [target]);
    return readdirSync(target).length === 0;
  } catch {
    return false;
  }
}
