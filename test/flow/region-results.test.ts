import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
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
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('"embedding" not found') });
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
    [['--regions', '--label', 'goldfsh'], `no image in STORE has the label goldfsh (did you mean goldfish?)`],
  ])('are not exported with %j', async (args, message) => {
    const { code, stderr } = await results(...args);
    expect(code).toBeGreaterThan(0);
    expect(stderr.replaceAll(store, 'STORE')).toContain(message);
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
