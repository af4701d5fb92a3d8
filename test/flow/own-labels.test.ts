import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadModel } from '../../shared/models/model-directory.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { jsonLines } from '../support/cli.ts';
import { finetune, finetuneReportSchema } from '../support/finetune.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { commandOutput, failureOf, runCommand } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { query } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const aws = await startAws();
const tiny = await makeTinyModel();
/** JSON output of `results relabel` or `results drift`. */
async function results(...args: readonly string[]): Promise<unknown> {
  return JSON.parse(await commandOutput(['results', ...args, '--json']));
}

describe('labels of your own', () => {
  const folder = temporaryFolder();
  const photos = join(folder, 'photos');
  const store = join(folder, 'store');
  const finetuned = join(folder, 'finetuned');
  let names: string[];

  beforeAll(async () => {
    names = await writePhotos(photos, 12);
    await writeFile(join(photos, 'note.jpg'), 'no picture');
    const run = await runCommand(['run', photos, '--model', tiny, '--store', store]);
    expect(run.code).toBe(0);
  });
  afterAll(() => vi.unstubAllEnvs());

  it('come from a CSV file that names images by key, id or path, and every skipped image is reported', async () => {
    const [first = '', second = '', third = '', fourth = ''] = names;
    await copyFile(join(photos, fourth), join(folder, 'elsewhere.jpg'));
    await writeFile(join(folder, 'broken.jpg'), 'no picture');
    await copyFile(join(photos, fourth), join(folder, '.hidden.jpg'));
    const csv = join(folder, 'labels.csv');
    const lines = [
      ...names.slice(4).map((name, place) => `${name},${place % 2 === 0 ? 'even' : 'odd'}`),
      `${first},even`,
      `photos/${first},even`,
      `${second},even`,
      `${join(photos, second)},odd`,
      `${third},`,
      ...['elsewhere.jpg,odd', 'broken.jpg,odd', 'note.jpg,odd', 'nowhere.jpg,odd', '.hidden.jpg,odd'],
    ];
    await writeFile(csv, `image,label\n${lines.join('\n')}\n`);
    const options = ['--out', finetuned, '--store', store, '--folds', '2', '--json'];
    const args = ['model', 'finetune', tiny, '--labels', csv, ...options];
    const { code, stdout, stderr } = await runCommand(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = finetuneReportSchema.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ images: 10, stored: 9, computed: 1 });
    expect(report.labels).toEqual([
      { label: 'even', images: 5 },
      { label: 'odd', images: 5 },
    ]);
    expect(report.leftOut.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
      [
        { name: join(photos, second), reason: 'conflicting_labels' },
        { name: 'broken.jpg', reason: 'not_an_image' },
        { name: '.hidden.jpg', reason: 'hidden' },
        { name: 'note.jpg', reason: 'not_an_image' },
        { name: 'nowhere.jpg', reason: 'not_found' },
        { name: second, reason: 'conflicting_labels' },
        { name: third, reason: 'no_label' },
      ].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
  });

  it('are written to stored rows once, exactly as a run would, in a folder and in a bucket', async () => {
    const bucket = await aws.makeBucket();
    const fresh = join(folder, 'fresh');
    await finetune(tiny, await writeClasses(folder, names, photos), finetuned, '--overwrite');
    await runCommand(['run', photos, '--model', finetuned, '--store', fresh]);
    const remote = ['--store', `s3://${bucket}/results-of-mine`, '--endpoint', aws.endpoint, '--region', 'us-east-1'];
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'x');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    const remoteStore = new S3Store(aws.s3);
    for await (const { key } of new FolderStore().list(store, 'results/')) {
      await remoteStore.write({ bucket, key: `results-of-mine/${key}` }, await readFile(join(store, key)));
    }
    const sql = `select key, status, reason, label, round(probability::double, 4) as probability, embedding, width,
      height, format, bytes, job, provider from results where model like 'tiny-classes@%' order by key`;
    const expected = await query(fresh, sql);
    expect(expected).toHaveLength(13);
    const stores = [
      { args: ['--store', store], source: { kind: 'folder', path: store } },
      {
        args: remote,
        source: {
          kind: 'remote',
          store: remoteStore,
          bucket,
          prefix: 'results-of-mine',
          cacheFolder: temporaryFolder(),
        },
      },
    ] as const;
    for (const { args, source } of stores) {
      const relabel = ['relabel', '--model', finetuned, ...args];
      expect(await results(...relabel)).toMatchObject({
        ...{ total: 13, done: 0, labelled: 12, rejected: 1, interrupted: false },
      });
      expect(await results(...relabel)).toMatchObject({ done: 13, labelled: 0, rejected: 0 });
      expect(await query(source, sql)).toEqual(expected);
    }
    const run = await runCommand(['run', photos, '--model', finetuned, '--store', store, '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ done: 13, classified: 0, rejected: 0 });
    const drift = await runCommand(['results', 'drift', '--store', store, '--json']);
    expect(JSON.parse(drift.stdout)).toMatchObject({ images: 12, sharesLabels: false, cosine: 1 });
  });

  it('are predicted from as many crops as were cross-validated, and several cannot come from a store', async () => {
    const labels = await writeClasses(folder, names, photos);
    const model = join(folder, 'ten-crops');
    const one = await finetune(tiny, labels, join(folder, 'one-crop'));
    expect(one).toMatchObject({ images: 12, learnedCrops: 10, crops: 1, stored: 0, computed: 12 });
    const ten = await finetune(tiny, labels, model, '--crops', '10');
    expect(ten).toMatchObject({ images: 12, learnedCrops: 10, crops: 10 });
    const { preprocess } = (await loadModel(model)).manifest;
    expect(preprocess.crop.rule).toBe('ten');
    const classified = await commandOutput(['classify', join(photos, names[0] ?? ''), '--model', model, '--json']);
    expect(jsonLines(classified)).toHaveLength(1);
    const args = ['model', 'finetune', tiny, '--labels', labels, '--out', join(folder, 'never'), '--store', store];
    expect(await failureOf([...args, '--crops', '10'])).toContain('leave out --store');
    expect(await failureOf([...args, '--views', '10'], 2)).toContain('leave out --store');
    expect(await failureOf([...args.slice(0, -2), '--views', '1', '--crops', '10'], 2)).toContain('leave it out');
  });

  it.each([
    {
      name: 'one class',
      files: ['cat/1.jpg', 'cat/2.jpg'],
      message: 'PATH has only images of cat: give images of at least two labels',
    },
    { name: 'one image per class', files: ['cat/1.jpg', 'dog/2.jpg'], message: 'PATH has one image per label' },
    {
      name: 'no class folders',
      files: ['1.jpg'],
      message: 'PATH has no usable images: give images of at least two labels; skipped: 1 no_label',
    },
    { name: 'nothing', files: [], message: 'PATH has no usable images' },
  ])('cannot be trained on a folder with $name, and one line explains it', async ({ name, files, message }) => {
    const labels = join(folder, `bad ${name}`);
    await mkdir(labels, { recursive: true });
    for (const [number, file] of files.entries()) {
      await mkdir(join(labels, file, '..'), { recursive: true });
      await copyFile(join(photos, names[number] ?? ''), join(labels, file));
    }
    const out = join(folder, 'never');
    const line = await failureOf(['model', 'finetune', tiny, '--labels', labels, '--out', out, '--json']);
    expect(line).toContain(message.replace('PATH', labels));
  });

  it('are rejected if the stored embeddings are of another network', async () => {
    const other = await makeTinyModel({ channels: 4 });
    const finetuned = join(folder, 'other-own');
    await finetune(other, await writeClasses(folder, names, photos), finetuned);
    const relabel = ['results', 'relabel', '--model', finetuned, '--store', store];
    expect(await failureOf(relabel)).toMatch(/no rows of tiny@.* to relabel in /);
    await expect(results('relabel', '--model', finetuned, '--from', tiny, '--store', store)).rejects.toThrow(
      'differ from those of',
    );
  });

  it('keep the options of results and of its subcommands apart', async () => {
    const wrong = ['results', '--sql', 'select 1', 'drift', '--store', store];
    await expect(commandOutput(wrong)).rejects.toThrow(/has no option --sql/);
    const jobs = await runCommand(['results', '--store', store, '--job', 'photos', '--json']);
    expect(jsonLines(jobs.stdout).length).toBeGreaterThan(12);
    expect(await failureOf(['results', '--store', store, '--job', "o'ther", '--json'])).toMatch(/^no job o'ther in /);
  });
});

/** Writes three class folders, one of them nested and one with a single image. */
async function writeClasses(folder: string, names: readonly string[], photos: string): Promise<string> {
  const labels = join(folder, 'classes');
  for (const [number, name] of names.entries()) {
    const label = number === 0 ? 'alone' : number % 2 === 0 ? 'even/deeper' : 'odd';
    await mkdir(join(labels, label), { recursive: true });
    await copyFile(join(photos, name), join(labels, label, name));
  }
  return labels;
}
