import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { classifiedRow, deletedRow, rejectedRow } from '../support/result-rows.ts';
import { failureOf, runCommand } from '../support/run-command.ts';
import { appendTo } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let store: string;

beforeAll(async () => {
  const tench = {
    label: 'tench, Tinca tinca',
    top: [{ label_id: 'n01440764', label: 'tench, Tinca tinca', probability: 0.7 }],
  };
  store = join(temporaryFolder(), 'photos-store');
  await appendTo(store, [
    [classifiedRow('birds/heron.jpg', { ...tench, job: 'photos' })],
    [rejectedRow('x.txt', { job: 'scans' }), classifiedRow('gone.jpg', { job: 'trips' }), deletedRow('gone.jpg')],
    [classifiedRow('y.jpg', { job: 'trips' })],
  ]);
});

const failure = (...args: string[]) => failureOf([...args, '--store', store]);

describe('an unknown name', () => {
  it.each([
    [['results', '--job', 'fotos']],
    [['results', '--json', '--job', 'fotos']],
    [['failures', 'ls', '--job', 'fotos']],
    [['failures', 'export', '--format', 'csv', '--job', 'fotos']],
    [['failures', 'retry', '--queue', 'http://127.0.0.1:9/q', '--job', 'fotos']],
    [['similar', 'birds/heron.jpg', '--job', 'fotos']],
    [['status', '--job', 'fotos']],
  ])('of a job is an error with a suggestion: %j', async (args) => {
    expect(await failure(...args)).toBe(
      `no job fotos in ${store} (did you mean photos?); its jobs are photos, scans, trips`,
    );
  });

  it.each([[['results', '--label', 'tenhc']], [['similar', 'birds/heron.jpg', '--label', 'tenhc']]])(
    'of a label is an error with a suggestion: %j',
    async (args) => {
      expect(await failure(...args)).toBe(`no image in ${store} has the label tenhc (did you mean tench?)`);
    },
  );

  it.each([
    [['results', '--model']],
    [['failures', 'ls', '--model']],
    [['failures', 'export', '--format', 'csv', '--model']],
    [['results', 'drift', '--from']],
  ])('of a model is an error with a suggestion: %j', async (args) => {
    expect(await failure(...args, 'goglenet')).toBe(
      `${args.at(-1)} goglenet matches no model (did you mean googlenet?); available: googlenet@0123456789ab/fedcba9876543210`,
    );
  });

  it('of the model of embeddings is an error with a suggestion', async () => {
    expect(await failure('similar', 'birds/heron.jpg', '--embedding-model', 'goglenet')).toBe(
      `no embeddings of model goglenet in ${store} (did you mean googlenet?); available: googlenet@0123456789ab`,
    );
  });

  it.each([[['results']], [['failures', 'ls']], [['failures', 'export', '--format', 'csv']]])(
    'of a model is an error with the available ones: %j --model vgg',
    async (args) => {
      expect(await failure(...args, '--model', 'vgg')).toBe(
        '--model vgg matches no model; available: googlenet@0123456789ab/fedcba9876543210',
      );
    },
  );

  it('of a reason is an invalid command line with a suggestion', async () => {
    const { code, stderr } = await runCommand(['failures', 'ls', '--reason', 'truncted', '--store', store]);
    expect(code).toBe(2);
    expect(stderr).toContain('(did you mean truncated?)');
  });

  it.each([
    ['heron.jpg', 'birds/heron.jpg'],
    ['birds/heorn.jpg', 'birds/heron.jpg'],
    ['BIRDS/HERON.JPG', 'birds/heron.jpg'],
    ['heorn.jpg', 'birds/heron.jpg'],
  ])('of an image, %s, is an error with the similar key %s', async (name, key) => {
    expect(await failure('similar', name)).toBe(
      `no image ${name} (did you mean ${key}?): give a file, or the key or id of an image in the results`,
    );
  });
});

describe('a store without results', () => {
  const commands = [
    ['results'],
    ['results', 'drift'],
    ['results', 'relabel'],
    ['failures', 'ls'],
    ['failures', 'retry'],
    ['failures', 'export', '--format', 'csv'],
    ['similar', 'a.jpg'],
    ['similar', '--duplicates'],
    ['status'],
    ['compact'],
  ];

  it.each(commands.map((args) => [args]))(
    'is an error in one line that suggests a store next to it: %j',
    async (args) => {
      const missing = store.replace('photos', 'fotos');
      expect(await failureOf([...args, '--store', missing])).toBe(
        `no results in ${missing}: the folder does not exist (did you mean ${store}?); "npx inception-batch run ./photos --store ${missing}" creates it`,
      );
    },
  );

  it('suggests no other store if its runs have no results yet', async () => {
    const started = join(temporaryFolder(), 'my store');
    await appendTo(join(started, '../other-store'), [[classifiedRow('a.jpg')]]);
    await mkdir(join(started, 'jobs'), { recursive: true });
    expect(await failureOf(['results', '--store', started])).toBe(
      `no results in ${started}: "npx inception-batch run ./photos --store '${started}'" creates them`,
    );
  });

  it('is an error in one line if its folder exists, which suggests the store in it', async () => {
    const empty = temporaryFolder();
    const creates = `"npx inception-batch run ./photos --store ${empty}" creates them`;
    expect(await failureOf(['results', '--store', join(empty, '.')])).toContain(`no results in ${empty}`);
    const inside = join(empty, 'photos-store');
    await appendTo(inside, [[classifiedRow('a.jpg')]]);
    expect(await failureOf(['results', '--store', empty])).toBe(
      `no results in ${empty} (did you mean ${inside}?): ${creates}`,
    );
  });
});

describe('an empty answer about known names', () => {
  it.each([
    [
      ['results', '--job', 'scans', '--status', 'classified'],
      'no images match these options; --deleted includes 1 deleted image\n',
    ],
    [['results', '--status', 'rejected', '--job', 'photos', '--deleted'], 'no images match these options\n'],
    [
      ['results', '--label', 'goldfish', '--json'],
      'no images match these options; --deleted includes 1 deleted image\n',
    ],
  ])('succeeds and says so: %j', async (args, line) => {
    const { code, stderr } = await runCommand([...args, '--store', store]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: line });
  });

  it('succeeds and says so in failures ls', async () => {
    const { code, stdout } = await runCommand(['failures', 'ls', '--job', 'photos', '--store', store]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'No rejected image matches these options.\n' });
  });
});
