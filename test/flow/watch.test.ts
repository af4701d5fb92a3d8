import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { openResults } from '../../results/open/open-results.ts';
import { runStateSchema } from '../../shared/jobs/run-state.ts';
import { jobRunKey } from '../../shared/stores/keys.ts';
import { launcher, startInceptionBatch } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { failureOf, runCommand } from '../support/run-command.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();

/** Waits until the store has exactly these images and statuses. */
async function waitForStatuses(store: string, expected: Record<string, string>): Promise<void> {
  const statuses = async () => {
    const results = await openResults({ kind: 'folder', path: store });
    const rows = rowsOf(results, 'select key, status from results').finally(() => results.close());
    return Object.fromEntries((await rows).map(([key, status]) => [String(key), status]));
  };
  await eventually(async () => expect(await statuses()).toEqual(expected), { interval: 100 });
}

async function rowsIn(store: string): Promise<number> {
  const results = await openResults({ kind: 'folder', path: store });
  const rows = await rowsOf(results, 'select key from results').finally(() => results.close());
  return rows.length;
}

it('watch classifies existing and new images, and finishes the work in progress when interrupted', async () => {
  const drop = join(folder, 'drop');
  const store = join(drop, 'store'); // inside the watched folder: results are not images
  const [first = ''] = await writePhotos(drop, 3);

  // Through a link: results are recognized by their real path.
  const link = join(folder, 'link');
  await symlink(drop, link);
  const watching = startInceptionBatch(['watch', link, '--model', model, '--store', join(link, 'store')]);
  onTestFinished(() => {
    watching.kill('SIGKILL');
  });
  const exited = once(watching, 'exit');

  const photos = { 'photo-000.jpg': 'classified', 'photo-001.jpg': 'classified', 'photo-002.jpg': 'classified' };
  await waitForStatuses(store, photos);
  await mkdir(join(drop, 'later'));
  await copyFile(join(drop, first), join(drop, 'later/again.jpg'));
  await writeFile(join(drop, 'later/note.txt'), 'no picture');
  await waitForStatuses(store, { ...photos, 'later/again.jpg': 'classified', 'later/note.txt': 'rejected' });
  const status = async () => JSON.parse((await runCommand(['status', '--store', store, '--json'])).stdout);
  expect(await status()).toMatchObject({ watching: [{ job: 'drop', source: drop }], stopped: [], pending: null });
  watching.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
  expect(await status()).toMatchObject({ watching: [], stopped: [], pending: 0 });
});

it('watch takes no file of an earlier store for an image, and gives folders of the same name two jobs', async () => {
  const store = join(folder, 'of-two');
  const jobs: unknown[] = [];
  for (const parent of ['one', 'other']) {
    const drop = join(folder, parent, 'photos');
    const earlier = join(drop, 'earlier-store');
    await writePhotos(drop, 2);
    expect((await runCommand(['run', drop, '--model', model, '--store', earlier])).code).toBe(0);
    const watching = spawn(process.execPath, [launcher, 'watch', drop, '--model', model, '--store', store, '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => {
      watching.kill('SIGKILL');
    });
    const printed = text(watching.stdout);
    await eventually(async () => expect(await rowsIn(store)).toBe(3 * jobs.length + 2), { interval: 100 });
    // A file that comes later has its outcome after every file that was there.
    await copyFile(join(drop, 'photo-000.jpg'), join(drop, 'later.jpg'));
    await eventually(async () => expect(await rowsIn(store)).toBe(3 * jobs.length + 3), { interval: 100 });
    watching.kill('SIGINT');
    const { job, total, classified } = JSON.parse(await printed);
    expect({ total, classified }).toEqual({ total: 3, classified: 3 });
    jobs.push(job);
    await rm(join(drop, 'later.jpg'));
  }
  expect(jobs).toEqual(['photos', 'photos-2']);
});

it('watch marks removed and renamed images as deleted, and computes them again when they come back', async () => {
  const drop = join(folder, 'changing');
  const store = join(folder, 'marked');
  const path = (name: string) => join(drop, name);
  const [first = '', second = ''] = await writePhotos(drop, 2);
  await writeFile(path('note.txt'), 'no picture');
  const start = () => {
    const watching = startInceptionBatch(['watch', drop, '--model', model, '--store', store]);
    onTestFinished(() => {
      watching.kill('SIGKILL');
    });
    return { watching, exited: once(watching, 'exit') };
  };

  const one = start();
  await waitForStatuses(store, { [first]: 'classified', [second]: 'classified', 'note.txt': 'rejected' });
  await rm(path('note.txt'));
  await rename(path(first), path('renamed.jpg'));
  const removed = { 'note.txt': 'deleted', 'renamed.jpg': 'deleted' };
  await waitForStatuses(store, { ...removed, [first]: 'deleted', [second]: 'classified', 'renamed.jpg': 'classified' });
  await rename(path('renamed.jpg'), path(first)); // keeps its modification time
  await waitForStatuses(store, { ...removed, [first]: 'classified', [second]: 'classified' });
  one.watching.kill('SIGINT');
  expect(await one.exited).toEqual([0, null]);

  const two = start();
  await copyFile(path(second), path('third.jpg')); // when it has a row, the others were handled
  const kept = { ...removed, [first]: 'classified', 'third.jpg': 'classified' };
  await waitForStatuses(store, { ...kept, [second]: 'classified' });
  await rename(path(second), join(folder, 'elsewhere.jpg'));
  await waitForStatuses(store, { ...kept, [second]: 'deleted' });
  await rename(join(folder, 'elsewhere.jpg'), path(second));
  await waitForStatuses(store, { ...kept, [second]: 'classified' });
  two.watching.kill('SIGINT');
  expect(await two.exited).toEqual([0, null]);
});

it('watch ends with one line and exit code 1 if the folder is removed', async () => {
  const drop = join(folder, 'removed');
  const store = join(folder, 'its-store');
  await writePhotos(drop, 1);
  const failed = failureOf(['watch', drop, '--model', model, '--store', store, '--json']);
  await waitForStatuses(store, { 'photo-000.jpg': 'classified' });
  await rm(drop, { recursive: true });
  expect(await failed).toBe(`the watched folder ${drop} was removed or renamed`);
});

it.each([
  ['the store', ''],
  ['its results', '/results'],
])('watch ends with exit code 1 if the folder of %s was removed', async (_what, below) => {
  const drop = temporaryFolder();
  const store = join(temporaryFolder(), 'store');
  await writePhotos(drop, 1);
  const watching = spawn(process.execPath, [launcher, 'watch', drop, '--model', model, '--store', store], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => {
    watching.kill('SIGKILL');
  });
  const [exited, stderr] = [once(watching, 'exit'), text(watching.stderr)];
  await waitForStatuses(store, { 'photo-000.jpg': 'classified' });
  await rm(`${store}${below}`, { recursive: true });
  watching.kill('SIGINT');
  expect(await exited).toEqual([1, null]);
  expect(await stderr).toContain(`inception-batch: the folder ${store}${below} was removed, or its disk unmounted`);
  expect(existsSync(`${store}${below}`)).toBe(false);
});

it('status reports a watch that waits for its first image, and one that was killed', async () => {
  const drop = temporaryFolder();
  const store = join(temporaryFolder(), 'store');
  const watching = startInceptionBatch(['watch', drop, '--model', model, '--store', store, '--job', 'photos']);
  onTestFinished(() => {
    watching.kill('SIGKILL');
  });
  const status = async () => (await runCommand(['status', '--store', store])).stdout;
  const line = `Job photos is being watched: new images in ${drop} are classified.`;
  await eventually(async () => expect(await status()).toContain(line), { interval: 200 });
  const exited = once(watching, 'exit');
  watching.kill('SIGKILL');
  await exited;
  // As if its last heartbeat was long ago.
  const record = join(store, jobRunKey('photos'));
  const state = runStateSchema.parse(JSON.parse(await readFile(record, 'utf8')));
  await writeFile(record, JSON.stringify({ ...state, updated_at: new Date(Date.now() - 60_000).toISOString() }));
  const stopped = await status();
  expect(stopped).toContain('The watch of job photos stopped, and may have missed images.');
  expect(stopped).toContain(`inception-batch watch ${drop} --store ${store} --job photos`);
});

it.each([
  ['no record', undefined],
  ['the record of an earlier run', '{"run":1,"of":"an earlier program"}'],
])('a watch that saw no image leaves %s', async (_what, earlier) => {
  const drop = temporaryFolder();
  const store = join(temporaryFolder(), 'store');
  const record = join(store, jobRunKey('photos'));
  const recorded = async () => (existsSync(record) ? await readFile(record, 'utf8') : undefined);
  if (earlier !== undefined) {
    await mkdir(dirname(record), { recursive: true });
    await writeFile(record, earlier);
  }
  const watching = startInceptionBatch(['watch', drop, '--model', model, '--store', store, '--job', 'photos']);
  onTestFinished(() => {
    watching.kill('SIGKILL');
  });
  await eventually(async () => expect(await recorded()).toContain('"command": "watch"'));
  const exited = once(watching, 'exit');
  watching.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
  expect(await recorded()).toBe(earlier);
});
