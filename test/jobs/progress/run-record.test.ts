import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listJobObjects } from '../../../jobs/progress/list-job-objects.ts';
import { readRunState, startRunRecord } from '../../../jobs/progress/run-record.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { isPipelineOutput, jobRunKey } from '../../../shared/stores/keys.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const store = new FolderStore();
const names = { command: 'run', source: '/photos', model: 'tiny@1' } as const;

it('records a run from its start to its end', async () => {
  const location = { bucket: temporaryFolder(), prefix: '' };
  const counts = { total: undefined as number | undefined, done: 0, classified: 0, rejected: 0 };
  let time = Date.parse('2026-03-01T12:00:00.000Z');
  const clock = { everyMs: 5, now: () => new Date(time) };
  const record = await startRunRecord(store, location, { job: 'my photos', ...names, counts: () => counts, ...clock });
  const read = () => readRunState(store, location, 'my photos');
  expect(await read()).toMatchObject({ total: null, images_per_second: null, ended_at: null, complete: false });
  Object.assign(counts, { total: 40, done: 10, classified: 19, rejected: 1 });
  time += 10_000;
  await expect
    .poll(read)
    .toMatchObject({ ...counts, images_per_second: 2, updated_at: '2026-03-01T12:00:10.000Z', ended_at: null });
  time += 1000;
  await record.end(false);
  expect(await read()).toMatchObject({ ...counts, ended_at: '2026-03-01T12:00:11.000Z', complete: false });
  const [job] = await listJobObjects({ kind: 'folder', path: location.bucket, cacheFolder: temporaryFolder() });
  expect(job).toMatchObject({ job: 'my photos', lists: [], isMarked: false, hasSummary: false });
  expect(await job?.run?.read()).toEqual(await read());
  expect(isPipelineOutput({ bucket: location.bucket, key: jobRunKey('my photos') }, [location])).toBe(true);
});

it('measures the rate of the last minute', async () => {
  const location = { bucket: temporaryFolder(), prefix: 'nested' };
  const counts = { total: 1000, done: 0, classified: 0, rejected: 0 };
  let time = Date.parse('2026-03-01T12:00:00.000Z');
  const options = { everyMs: 3, now: () => new Date(time), counts: () => counts };
  const record = await startRunRecord(store, location, { job: 'j', ...names, ...options });
  const updateAfter = async (seconds: number, classified: number) => {
    counts.classified = classified;
    time += 1000 * seconds;
    const updated = new Date(time).toISOString();
    await expect.poll(() => readRunState(store, location, 'j')).toMatchObject({ updated_at: updated });
    return (await readRunState(store, location, 'j'))?.images_per_second;
  };
  expect(await updateAfter(50, 500)).toBe(10);
  expect(await updateAfter(50, 500)).toBe(5);
  expect(await updateAfter(50, 500)).toBe(0);
  await record.end(false);
});

it('does not stop a run whose record cannot be written', async () => {
  const write = async () => {
    throw new Failure('throttled', 'no');
  };
  const counts = () => ({ total: 1, done: 0, classified: 0, rejected: 0 });
  const record = await startRunRecord(
    { read: write, write, remove: write },
    { bucket: 'b', prefix: '' },
    { job: 'j', ...names, counts },
  );
  await record.end(true);
  await record.discard();
});

it('a run without images keeps a record that cannot be read at its start', async () => {
  const written: string[] = [];
  const unreadable = {
    read: async () => {
      throw new Failure('throttled', 'no');
    },
    write: async (_: unknown, bytes: Uint8Array) => {
      written.push(Buffer.from(bytes).toString('utf8'));
    },
    remove: async () => {
      throw new Error('removed');
    },
  };
  const counts = () => ({ total: undefined, done: 0, classified: 0, rejected: 0 });
  const record = await startRunRecord(unreadable, { bucket: 'b', prefix: '' }, { job: 'j', ...names, counts });
  await record.discard();
  expect(JSON.parse(written.at(-1) ?? '')).toMatchObject({ job: 'j', ended_at: expect.any(String) });
});

it.each(['end', 'discard'] as const)('a watch leaves the record to a run of its job: %s', async (how) => {
  const location = { bucket: temporaryFolder(), prefix: '' };
  let time = Date.parse('2026-03-01T12:00:00.000Z');
  const now = () => new Date(time);
  const counts = () => ({ total: undefined, done: 0, classified: 1, rejected: 0 });
  const read = () => readRunState(store, location, 'j');
  const watch = { job: 'j', ...names, command: 'watch', now, everyMs: 1 } as const;
  const watching = await startRunRecord(store, location, { ...watch, counts });
  expect(await read()).toMatchObject({ command: 'watch' });
  time += 1000;
  const total = { total: 2, done: 0, classified: 2, rejected: 0 };
  const run = await startRunRecord(store, location, { job: 'j', ...names, now, everyMs: 1, counts: () => total });
  // A heartbeat that began before the run may still write; the next one of the run replaces it.
  await expect.poll(read).toMatchObject({ command: 'run', ended_at: null });
  time += 1000;
  await run.end(true);
  if (how === 'end') await watching.end(true);
  else await watching.discard();
  const state = await read();
  expect(state).toMatchObject({ command: 'run', ...total, complete: true });

  time += 1000;
  const next = await startRunRecord(store, location, { ...watch, counts });
  expect(await read()).toMatchObject({ command: 'watch' });
  await next.discard();
  expect(await read()).toEqual(state);
});

it('takes a record that is damaged, or of another version, for a missing one', async () => {
  const location = { bucket: temporaryFolder(), prefix: '' };
  expect(await readRunState(store, location, 'j')).toBeUndefined();
  const counts = () => ({ total: 1, done: 0, classified: 1, rejected: 0 });
  await (await startRunRecord(store, location, { job: 'j', ...names, counts })).end(true);
  const path = join(location.bucket, jobRunKey('j'));
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace(/ *"command": "run",\n/, ''));
  expect(await readRunState(store, location, 'j'), 'before the field').toMatchObject({ command: 'run', job: 'j' });
  await writeFile(path, text.replace('"run": 1', '"run": 2'));
  expect(await readRunState(store, location, 'j')).toBeUndefined();
  await writeFile(path, text.slice(0, 30));
  expect(await readRunState(store, location, 'j')).toBeUndefined();
});
