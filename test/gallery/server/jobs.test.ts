import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { type RunCounts, startRunRecord } from '../../../jobs/progress/run-record.ts';
import type { RunState } from '../../../shared/jobs/run-state.ts';
import { jobRunKey, jobSourceKey } from '../../../shared/stores/keys.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { writeList } from '../../support/job-lists.ts';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { openApp } from './open-app.ts';

const names = { command: 'run', job: 'photos', source: '/photos', model: 'tiny@1' } as const;
const justNow = () => new Date(Date.now() - 1000);
const rowsNow = () => [
  classifiedRow('a.jpg', { job: 'photos', classified_at: justNow(), ingested_at: justNow() }),
  rejectedRow('b.jpg', { job: 'photos', ingested_at: justNow() }),
];

/** Starts the record of a run whose counts may be changed; `everyMs` is so long that only tests write it. */
const startRun = (store: string, counts: RunCounts) =>
  startRunRecord(
    new FolderStore(),
    { bucket: store, prefix: '' },
    { ...names, counts: () => counts, everyMs: 2 ** 30 },
  );

async function writeState(store: string, state: Partial<RunState>): Promise<void> {
  const now = new Date().toISOString();
  const counts = { total: 10, done: 4, classified: 1, rejected: 1, images_per_second: 2 };
  const path = join(store, jobRunKey('photos'));
  await mkdir(dirname(path), { recursive: true });
  const times = { started_at: now, updated_at: now, ended_at: null, complete: false };
  await writeFile(path, JSON.stringify({ run: 1, ...names, ...counts, ...times, ...state }));
}

it('shows the total of a running local job, and what is left of it', async () => {
  const store = await storeOf(rowsNow());
  await writeState(store, {});
  const { live } = await openApp(store);
  const [job] = live.state.jobs;
  expect(job).toMatchObject({ job: 'photos', classified: 1, rejected: 1, stage: 'running', perSecond: 2 });
  expect(job?.progress).toMatchObject({ total: 10, finished: 6, pending: 4 });
  expect(job?.progress?.secondsLeft).toBeLessThanOrEqual(2);
});

it('lists a run before its first row, and follows it to the end without new results', async () => {
  const store = temporaryFolder();
  const counts = { total: undefined as number | undefined, done: 0, classified: 0, rejected: 0 };
  const run = await startRun(store, counts);
  const { live } = await openApp(store);
  expect(live.state.jobs).toMatchObject([{ job: 'photos', classified: 0, stage: 'running', perSecond: 0 }]);
  expect(live.state.jobs[0]?.progress).toBeUndefined();
  Object.assign(counts, { total: 8, classified: 5 });
  await run.end(false);
  await live.refresh();
  expect(live.state.jobs[0]).toMatchObject({ stage: 'stopped', perSecond: 0 });
  expect(live.state.jobs[0]?.progress).toEqual({ total: 8, finished: 5, pending: 3, secondsLeft: null });
});

it('shows a watched folder without a total, until the watch ends', async () => {
  const store = await storeOf(rowsNow());
  await writeState(store, { command: 'watch', total: null, images_per_second: 0 });
  const { live } = await openApp(store);
  expect(live.state.jobs).toMatchObject([
    { job: 'photos', classified: 1, rejected: 1, stage: 'watching', perSecond: 0 },
  ]);
  expect(live.state.jobs[0]?.progress).toBeUndefined();
  const ended_at = new Date().toISOString();
  await writeState(store, { command: 'watch', total: 2, images_per_second: 0, ended_at, complete: true });
  await live.refresh();
  expect(live.state.jobs).toMatchObject([{ stage: 'idle', perSecond: 0 }]);
});

it('shows a killed run as stopped, although its rows are recent', async () => {
  const store = await storeOf(rowsNow());
  await writeState(store, { updated_at: new Date(Date.now() - 31_000).toISOString() });
  const { live } = await openApp(store);
  expect(live.state.jobs).toMatchObject([
    { stage: 'stopped', perSecond: 0, progress: { finished: 6, secondsLeft: null } },
  ]);
});

it('counts a job by its rows once its run is complete, and does not call it running', async () => {
  const store = await storeOf(rowsNow());
  const run = await startRun(store, { total: 2, done: 0, classified: 1, rejected: 1 });
  const { live } = await openApp(store);
  expect(live.state.jobs).toMatchObject([{ stage: 'running' }]);
  await run.end(true);
  await live.refresh();
  expect(live.state.jobs).toMatchObject([{ classified: 1, rejected: 1, stage: 'idle', perSecond: 0 }]);
  expect(live.state.jobs[0]?.progress).toBeUndefined();
});

it('calls a submitted job running while images of its list are left, and then no longer', async () => {
  const store = await storeOf(rowsNow());
  const images = [{ key: 'a.jpg' }, { key: 'b.jpg' }];
  await writeList(store, 'photos', images);
  const { live } = await openApp(store);
  expect(live.state.jobs).toMatchObject([{ stage: 'idle', perSecond: 0, progress: { total: 2, pending: 0 } }]);
  await writeList(store, 'photos', [...images, { key: 'c.jpg' }]);
  await live.refresh();
  expect(live.state.jobs).toMatchObject([{ stage: 'running', progress: { total: 3, pending: 1 } }]);
});

it('shows new rows of a job as running after its run was complete, as of a watched folder', async () => {
  const store = await storeOf(rowsNow());
  const before = new Date(Date.now() - 10_000).toISOString();
  await writeState(store, { updated_at: before, ended_at: before, complete: true });
  const { live } = await openApp(store);
  expect(live.state.jobs).toMatchObject([{ stage: 'running' }]);
  expect(live.state.jobs[0]?.progress).toBeUndefined();
});

it('ignores the record of a stopped run if other rows of its job are newer, as of a watched folder', async () => {
  const store = await storeOf(rowsNow());
  const old = new Date(Date.now() - 3_600_000).toISOString();
  await writeState(store, { updated_at: old, ended_at: old });
  const { live } = await openApp(store);
  expect(live.state.jobs).toMatchObject([{ stage: 'running' }]);
  expect(live.state.jobs[0]?.progress).toBeUndefined();
});

it('ignores a record that is damaged', async () => {
  const store = await storeOf(rowsNow());
  await writeState(store, { total: -1 });
  const { live } = await openApp(store);
  expect(live.state.problem).toBeNull();
  expect(live.state.jobs).toMatchObject([{ job: 'photos', classified: 1 }]);
  expect(live.state.jobs[0]?.progress).toBeUndefined();
});

it('names the location of the images of a job, also of a job without results yet', async () => {
  const store = await storeOf([classifiedRow('a.jpg', { job: 'photos' }), classifiedRow('b.jpg', { job: 'old' })]);
  const record = async (job: string, text: string) => {
    const path = join(store, jobSourceKey(job));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  };
  await record('photos', JSON.stringify({ source: '/home/me/photos' }));
  await record('old', 'not JSON');
  const { live } = await openApp(store);
  const sources = () => Object.fromEntries(live.state.jobs.map(({ job, source }) => [job, source]));
  expect(sources()).toEqual({ photos: '/home/me/photos', old: null });
  await record('photos-2', JSON.stringify({ source: 's3://other/photos' }));
  await writeList(store, 'photos-2', [{ key: 'c.jpg' }]);
  await live.refresh();
  expect(sources()).toEqual({ photos: '/home/me/photos', old: null, 'photos-2': 's3://other/photos' });
});
