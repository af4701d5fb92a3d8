import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inceptionBatch, repository } from '../support/cli.ts';
import { writePhotos } from '../support/photos.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const model = join(repository, 'demo/fashion-mnist/model');

async function run(images: string, store: string, ...more: string[]) {
  const options = ['--model', model, '--store', store, '--threads', '1', '--json'];
  const { code, stdout, stderr } = await inceptionBatch(['run', images, ...options, ...more]);
  return { code, stderr, summary: stdout === '' ? undefined : JSON.parse(stdout) };
}

describe('run for somebody new to it', () => {
  it('counts the most frequent labels and the names that it skips', async () => {
    const folder = temporaryFolder();
    await writePhotos(folder, 4);
    await writeFile(join(folder, '.DS_Store'), '');
    await mkdir(join(folder, '.git'));
    const { summary } = await run(folder, join(temporaryFolder(), 'store'));
    expect(summary.skipped).toEqual({ hidden: 2 });
    const { labels } = summary;
    expect(labels.length).toBeGreaterThan(0);
    for (const { count, share } of labels) expect(share).toBe(count / 4);
    expect(labels.map(({ count }: { count: number }) => count)).toEqual(
      labels.map(({ count }: { count: number }) => count).toSorted((a: number, b: number) => b - a),
    );
  });

  it('takes no file of a store inside the images for an image, whichever store it writes to', async () => {
    const folder = temporaryFolder();
    await writePhotos(folder, 2);
    await run(folder, join(folder, 'first'));
    const second = await run(folder, join(folder, 'albums/second'));
    expect(second).toMatchObject({ code: 0, summary: { total: 2, classified: 2, rejected: 0 } });
    expect(second.summary.skipped.store).toBeGreaterThanOrEqual(4);
    const third = await run(folder, join(temporaryFolder(), 'store'));
    expect(third).toMatchObject({ code: 0, summary: { total: 2, classified: 2, rejected: 0 } });
  });

  it('gives two folders of the same name two jobs, which they keep', async () => {
    const folder = temporaryFolder();
    const [one, other] = [join(folder, 'one/photos'), join(folder, 'other/photos')];
    const store = join(folder, 'store');
    await writePhotos(one, 2);
    await writePhotos(other, 3);
    const jobs = [];
    for (const images of [one, other, one, other]) jobs.push((await run(images, store)).summary.job);
    expect(jobs).toEqual(['photos', 'photos-2', 'photos', 'photos-2']);
    const status = JSON.parse((await inceptionBatch(['status', '--store', store, '--json'])).stdout);
    expect(status.jobs).toMatchObject([
      { job: 'photos', total: 2, pending: 0 },
      { job: 'photos-2', total: 3, pending: 0 },
    ]);
  });

  it('keeps the jobs of a store apart that an earlier version wrote, without locations of jobs', async () => {
    const folder = temporaryFolder();
    const [one, other] = [join(folder, 'one/photos'), join(folder, 'other/photos')];
    const store = join(folder, 'store');
    await writePhotos(one, 2);
    await writePhotos(other, 2);
    await run(one, store);
    const jobs = [];
    for (const images of [other, one]) {
      await rm(join(store, 'jobs'), { recursive: true });
      jobs.push((await run(images, store)).summary.job);
    }
    expect(jobs).toEqual(['photos-2', 'photos']);
  });

  it('gives two folders of the same name two jobs if their first runs start together', async () => {
    const folder = temporaryFolder();
    const folders = [join(folder, 'one/photos'), join(folder, 'other/photos')];
    for (const images of folders) await writePhotos(images, 2);
    const store = join(folder, 'store');
    const runs = await Promise.all(folders.map((images) => run(images, store)));
    expect(runs.map(({ summary }) => summary.job).toSorted()).toEqual(['photos', 'photos-2']);
  });

  it('shows the total of a run that was killed, and how to continue it', async () => {
    const folder = temporaryFolder();
    const [photos, store] = [join(folder, 'photos'), join(folder, 'store')];
    await writePhotos(photos, 2);
    await run(photos, store);
    const [started_at, updated_at] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:01:00.000Z'];
    const killed = {
      ...{ run: 1, job: 'photos', source: photos, model: 'm@1', total: 9, done: 0, classified: 1, rejected: 0 },
      ...{ images_per_second: 1, started_at, updated_at, ended_at: null, complete: false },
    };
    await writeFile(join(store, 'jobs/photos/run.json'), JSON.stringify(killed));
    const { stdout } = await inceptionBatch(['status', '--store', store]);
    expect(stdout).toContain('2/9 images (22.2 %), 7 pending');
    expect(stdout).toContain(`run it again with the same options: npx inception-batch run ${photos} --store ${store}`);
    await run(photos, store);
    const after = await inceptionBatch(['status', '--store', store]);
    expect(after.stdout).toContain('2/2 images (100.0 %), 0 pending');
    expect(after.stdout).not.toContain('stopped');
  });

  it('leaves no store behind when it fails', async () => {
    const folder = temporaryFolder();
    await mkdir(join(folder, 'empty'));
    const { code, stderr } = await run(join(folder, 'empty'), join(folder, 'made/store'));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('no files to classify') });
    await run(join(folder, 'empty'), join(folder, 'made/store'), '--model', join(folder, 'no-model'));
    expect((await readdir(folder)).toSorted()).toEqual(['empty']);
  });

  it.each([
    ['watch', join(repository, 'demo/fashion-mnist/samples')],
    ['replay', join(repository, 'events/s3-put.json')],
  ])('leaves no store behind when %s has no accelerator', async (command, subject) => {
    const store = join(temporaryFolder(), 'made/store');
    const failed = await inceptionBatch([
      command,
      subject,
      '--model',
      model,
      '--store',
      store,
      '--accelerator',
      'cuda',
    ]);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('cuda: not available') });
    await expect(readdir(dirname(dirname(store)))).resolves.toEqual([]);
  });

  it('says that classify takes a file, or several', async () => {
    const folder = temporaryFolder();
    const [first = '', second = ''] = (await writePhotos(folder, 2)).map((name) => join(folder, name));
    const one = await inceptionBatch(['run', first]);
    expect(one).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /is a file: give a folder, or print its labels with "npx inception-batch classify \S+"$/m,
      ),
    });
    const several = await inceptionBatch(['run', first, second]);
    expect(several).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/one argument, but received 2: .*classify"/),
    });
  });
});
