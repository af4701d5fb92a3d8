import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jobSourceKey } from '../../shared/stores/keys.ts';
import { classifiedRow, storedRegion } from '../support/result-rows.ts';
import { runCommand } from '../support/run-command.ts';
import { storeOf } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const goldfish = { label: 'goldfish', label_id: 'n01443537' };
let store: string;

beforeAll(async () => {
  store = await storeOf([
    classifiedRow('a.jpg', { regions: [storedRegion(), storedRegion({ ...goldfish, x: 7, probability: 0.5 })] }),
    classifiedRow('b.jpg', { regions: [] }),
  ]);
});

const results = (...args: string[]) => runCommand(['results', '--store', store, ...args]);
const linesOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

describe('the regions of a store', () => {
  it('are printed a row per region, with the label that only a region has', async () => {
    const { code, stdout } = await results('--regions', '--label', 'goldfish', '--json');
    expect(code).toBe(0);
    expect(linesOf(stdout)).toMatchObject([{ key: 'a.jpg', region: 2, x: 7, label: 'goldfish', image_label: 'tench' }]);
    expect(linesOf(stdout)).not.toMatchObject([{ embedding: expect.anything() }]);
  });

  it('are printed with their embeddings on request, also by a query', async () => {
    const { stdout } = await results('--regions', '--embeddings', '--json');
    expect(linesOf(stdout)).toMatchObject([{ embedding: [0.5, 0.25, -2] }, { embedding: [0.5, 0.25, -2] }]);
    const query = await results('--sql', 'select len(embedding) as size from regions', '--embeddings', '--json');
    expect(linesOf(query.stdout)).toEqual([{ size: 3 }, { size: 3 }]);
    const without = await results('--sql', 'select embedding from regions', '--json');
    const advice = expect.stringMatching(/"embedding" not found.*: give --embeddings to read those of regions\n$/);
    expect(without).toMatchObject({ code: 1, stderr: advice });
    const named = await results('--sql', 'select entry.embedding from regions as entry', '--json');
    expect(named.stderr).toContain(': give --embeddings to read those of regions');
    const ofImages = await results('--sql', 'select len(embedding) as size from results limit 1', '--json');
    expect(linesOf(ofImages.stdout)).toEqual([{ size: 3 }]);
  });

  it('are written as a COCO data set', async () => {
    const out = join(temporaryFolder(), 'regions.json');
    const { code, stderr } = await results('--format', 'coco', '--out', out);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^2 regions written to .*regions\.json/),
    });
    const schema = z.object({ images: z.array(z.unknown()), annotations: z.array(z.object({ score: z.number() })) });
    const set = schema.parse(JSON.parse(await readFile(out, 'utf8')));
    expect([set.images.length, set.annotations]).toEqual([2, [{ score: 0.9 }, { score: 0.5 }]]);
  });

  it.each([
    [['--format', 'coco', '--embeddings'], '--format coco has no --embeddings: remove one of them'],
    [['--format', 'coco', '--sql', 'select 1'], '--format coco has no --sql: remove one of them'],
    [['--format', 'coco', '--json'], '--json means --format jsonl: remove it, or --format coco'],
    [['--format', 'coco', '--spreadsheet-safe'], '--spreadsheet-safe is for CSV: give --format csv'],
    [['--regions', '--label', 'goldfsh'], `no region in STORE has the label goldfsh (did you mean goldfish?)`],
  ])('are not exported with %j', async (args, message) => {
    const { code, stderr } = await results(...args);
    expect(code).toBeGreaterThan(0);
    expect(stderr.replaceAll(store, 'STORE')).toContain(message);
  });

  it('have boxes in a table as --box takes them', async () => {
    const { stdout, stderr } = await results('--regions');
    expect(stdout).toMatch(/│ box +│/);
    expect(stdout).toMatch(/│ 7,30,200,150 +│/);
    expect(stderr).toBe('');
  });

  it('are said to be missing if none matches', async () => {
    const { code, stdout, stderr } = await results('--regions', '--min-probability', '1', '--json');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: 'no regions match these options\n' });
  });

  it('are not a format of rejected images', async () => {
    const { code, stderr } = await runCommand(['failures', 'export', '--store', store, '--format', 'coco']);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain('Allowed choices are table, jsonl, csv, parquet.');
  });
});

describe('the regions of two computations', () => {
  const later = { preprocess: 'aaaabbbbccccdddd', classified_at: new Date('2026-03-01T11:00:00Z') };
  let two: string;

  beforeAll(async () => {
    two = await storeOf([
      classifiedRow('a.jpg', { regions: [storedRegion()], proposals: 10 }),
      classifiedRow('b.jpg', { regions: [storedRegion()], proposals: 9 }),
      classifiedRow('b.jpg', { regions: [storedRegion(), storedRegion({ x: 1 })], proposals: 20, ...later }),
    ]);
  });

  it('are listed with the largest number of regions of an image, and one can be selected', async () => {
    const both = await runCommand(['results', '--store', two, '--regions']);
    expect(both.stdout).toMatch(/│ googlenet\/aaaa +│/);
    expect(both.stderr).toBe(
      'regions of googlenet/aaaa (up to 20 regions per image), googlenet/fedc (up to 10 regions per image); ' +
        '--model selects one\n',
    );
    const one = await runCommand(['results', '--store', two, '--regions', '--model', 'googlenet/fedc', '--json']);
    expect(linesOf(one.stdout)).toHaveLength(2);
    expect(one.stderr).toBe('');
  });

  it('are those of the latest of each image in a COCO data set, which is reported', async () => {
    const { stdout, stderr } = await runCommand(['results', '--store', two, '--format', 'coco']);
    expect(JSON.parse(stdout)).toMatchObject({ annotations: [{ image_id: 1 }, { image_id: 2 }, { image_id: 2 }] });
    expect(stderr).toContain('; each image has those that were computed last; --model selects one\n');
  });

  it('are searched one at a time, and both are named with the number of regions', async () => {
    const { stderr } = await runCommand(['similar', 'b.jpg', '--regions', '--store', two]);
    expect(stderr).toBe(
      'searched the regions of googlenet/aaaa (up to 20 regions per image); ' +
        '--embedding-model chooses others: googlenet/fedc (up to 10 regions per image)\n',
    );
    const images = await runCommand(['similar', 'b.jpg', '--store', two]);
    expect(images.stderr).toMatch(
      /^searched the embeddings of googlenet@\w+\/\w+; .*chooses another model: googlenet@\w+\/\w+$/m,
    );
  });

  it('name the model that has the box of a region', async () => {
    const args = ['similar', 'b.jpg', '--regions', '--box', '1,30,200,150', '--store', two, '--json'];
    const other = await runCommand([...args, '--embedding-model', 'googlenet/fedc']);
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'no region 1,30,200,150 of drop/b.jpg@e1 by googlenet/fedc: give --embedding-model googlenet/aaaa',
      ),
    });
    expect((await runCommand([...args, '--embedding-model', 'googlenet/aaaa'])).code).toBe(0);
  });

  it('cannot be searched after their embeddings were removed', async () => {
    const copy = join(temporaryFolder(), 'copy');
    await cp(join(two, 'results'), join(copy, 'results'), { recursive: true });
    const { code, stdout, stderr } = await runCommand(['similar', 'b.jpg', '--regions', '--store', copy]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(
      'the embeddings of regions of googlenet@0123456789ab are missing: copy the folder regions/ of the store too',
    );
  });
});

describe('a store without regions', () => {
  it.each([
    [['results', '--regions']],
    [['results', '--format', 'coco']],
    [['results', '--regions', '--label', 'tench', '--json']],
    [['similar', 'a.jpg', '--regions']],
  ])('names the command that classifies its images with regions: %j', async (args) => {
    const folder = temporaryFolder();
    const row = classifiedRow('a.jpg', { bucket: folder, image_id: `${folder}/a.jpg@e1` });
    const without = await storeOf([row]);
    const { code, stdout, stderr } = await runCommand([...args, '--store', without]);
    const command = `npx inception-batch run ${folder} --store ${without} --regions 100`;
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: `inception-batch: no image in ${without} was classified with regions: "${command}" does it\n`,
    });
  });

  it('names a model that can only be made in one way', async () => {
    const without = await storeOf([
      classifiedRow('a.jpg', { model: 'nsfwjs-mobilenet-v2@0123456789ab', bucket: 'drop' }),
    ]);
    const { stderr } = await runCommand(['results', '--regions', '--store', without]);
    expect(stderr).toContain(` --model nsfwjs-mobilenet-v2 --store ${without} --regions 100"`);
  });

  it('names the location and the job of the latest run, and an int8 model, of which there can be several, as a folder', async () => {
    const without = await storeOf([
      classifiedRow('a.jpg', { job: 'photos', model: 'googlenet-int8@0123456789ab', bucket: 'drop' }),
    ]);
    await mkdir(join(without, 'jobs', 'photos'), { recursive: true });
    await writeFile(join(without, jobSourceKey('photos')), JSON.stringify({ source: 's3://drop/photos' }));
    const { stderr } = await runCommand(['results', '--regions', '--store', without]);
    expect(stderr).toContain(
      `"npx inception-batch run s3://drop/photos --job photos --model ./googlenet-int8 --store ${without} --regions 100"`,
    );
  });

  it('differs from a store of which no region was kept', async () => {
    const none = await storeOf([classifiedRow('a.jpg', { regions: [], proposals: 10 })]);
    const listed = await runCommand(['results', '--regions', '--store', none]);
    expect(listed).toMatchObject({ code: 0, stderr: 'no regions match these options\n' });
    const searched = await runCommand(['similar', 'a.jpg', '--regions', '--store', none]);
    expect(searched).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`no region of an image in ${none} was kept`),
    });
  });
});
