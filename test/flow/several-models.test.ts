import { beforeAll, describe, expect, it } from 'vitest';
import { jsonLines } from '../support/cli.ts';
import { classifiedRow, rejectedRow } from '../support/result-rows.ts';
import { commandOutput, failureOf, runCommand } from '../support/run-command.ts';
import { storeOf } from '../support/stores.ts';

const googlenet = { model: 'googlenet@0123456789ab' };
const int8 = { model: 'googlenet-int8@ba9876543210' };
const later = { ingested_at: new Date('2026-03-01T11:00:01Z'), classified_at: new Date('2026-03-01T11:00:02Z') };
const { ingested_at } = later;
const embedding = (x: number) => Float32Array.of(x, 1, 0);

let store: string;
let oneModel: string;

beforeAll(async () => {
  const first = [
    classifiedRow('a.jpg', { ...googlenet, embedding: embedding(1) }),
    classifiedRow('b.jpg', { ...googlenet, embedding: embedding(2) }),
    classifiedRow('c.jpg', { ...googlenet, embedding: embedding(3) }),
    rejectedRow('note.txt', googlenet),
    rejectedRow('slow.jpg', { ...googlenet, reason: 'timeout' }),
  ];
  store = await storeOf(first, [
    classifiedRow('a.jpg', { ...int8, ...later, embedding: embedding(5) }),
    classifiedRow('d.jpg', { ...int8, ...later, embedding: embedding(6) }),
    rejectedRow('note.txt', { ...int8, ingested_at }),
    rejectedRow('slow.jpg', { ...int8, ingested_at, reason: 'truncated' }),
  ]);
  oneModel = await storeOf(first);
});

const output = (...args: string[]) => commandOutput([...args, '--store', store]);

describe('a store with the rows of several models', () => {
  it('is printed with a column that names the model, and without it for one model', async () => {
    const table = await output('results');
    expect(table).toMatch(/│ probability │ model +│/);
    expect(table.match(/│ a\.jpg .*/g)?.map((line) => line.split('│').at(-2)?.trim())).toEqual([
      'googlenet',
      'googlenet-int8',
    ]);
    expect(await output('results', '--model', 'googlenet')).not.toContain('model');
    expect(await commandOutput(['results', '--store', oneModel])).not.toContain('model');
  });

  it('is printed for one model by its name, although another name begins alike', async () => {
    const rows = async (model: string) => jsonLines(await output('results', '--json', '--model', model));
    expect((await rows('googlenet')).map(({ model }) => model)).toEqual(
      Array.from({ length: 5 }, () => googlenet.model),
    );
    expect(await rows('googlenet-int8@ba')).toHaveLength(4);
    expect(await rows(`${int8.model}/${classifiedRow('').preprocess}`)).toHaveLength(4);
  });

  it('counts an image once in failures ls, and lists it once with the models', async () => {
    const listed = await output('failures', 'ls');
    expect(listed).toMatch(/\nnot_an_image .* 1\n/);
    expect(listed).toContain('\n2 images rejected\n');
    expect(listed.match(/│ note\.txt /g)).toHaveLength(1);
    expect(listed).toMatch(/│ note\.txt .* googlenet, googlenet-int8 │/);
    expect(listed).toMatch(/│ slow\.jpg .* timeout +│.* googlenet +│/);
    expect(listed).toMatch(/│ slow\.jpg .* truncated +│.* googlenet-int8 +│/);
  });

  it('counts and lists the failures of one model', async () => {
    const listed = await output('failures', 'ls', '--model', 'googlenet-int8');
    expect(listed).toContain('\n2 images rejected\n');
    expect(listed).not.toContain('timeout');
    expect(listed).not.toContain('models');
    expect(jsonLines(await output('failures', 'export', '--format', 'jsonl', '--model', 'googlenet'))).toHaveLength(2);
  });

  it('keeps a line of JSON per image and model', async () => {
    const lines = jsonLines(await output('failures', 'ls', '--json'));
    expect(lines.filter(({ kind }) => kind === 'image')).toHaveLength(4);
    expect(lines.filter(({ kind }) => kind === 'reason').map(({ reason, images }) => [reason, images])).toEqual([
      ['not_an_image', 1],
      ['timeout', 1],
      ['truncated', 1],
    ]);
  });

  it('is searched with the model that has most images, and similar says which', async () => {
    const { code, stdout, stderr } = await runCommand(['similar', 'a.jpg', '--store', store]);
    expect(code).toBe(0);
    expect(stdout).toContain(`2 nearest of 3 images (exact search, model ${googlenet.model})`);
    expect(stderr).toBe(
      `searched the embeddings of ${googlenet.model}; --embedding-model chooses another model: ${int8.model}\n`,
    );
    const duplicates = await runCommand(['similar', '--duplicates', '--json', '--store', store]);
    expect(duplicates.stderr).toBe(stderr);
  });

  it('is searched with the only model that classified the image, without a remark', async () => {
    const { stdout, stderr } = await runCommand(['similar', 'd.jpg', '--store', store]);
    expect(stdout).toContain(`1 nearest of 2 images (exact search, model ${int8.model})`);
    expect(stderr).toBe('');
  });

  it('is searched with the model of --embedding-model, by name', async () => {
    const { stdout, stderr } = await runCommand([
      ...['similar', 'a.jpg', '--embedding-model', 'googlenet-int8'],
      ...['--store', store],
    ]);
    expect(stdout).toContain(`model ${int8.model})`);
    expect(stderr).toBe('');
    const line = await failureOf(['similar', 'd.jpg', '--embedding-model', 'googlenet', '--store', store]);
    expect(line).toBe(`d.jpg has no embedding by ${googlenet.model}: it was classified by ${int8.model}`);
  });
});
