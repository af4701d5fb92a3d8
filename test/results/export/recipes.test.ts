import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ClassifiedRow } from '../../../shared/rows/row.ts';
import { repository } from '../../support/cli.ts';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { commandOutput, queryResults } from '../../support/run-command.ts';
import { storeOf } from '../../support/stores.ts';

/** The SQL of each section below the two headings about recipes, by title. */
async function readRecipes(heading: string): Promise<Map<string, string>> {
  const page = await readFile(join(repository, 'docs/results.md'), 'utf8');
  const [, chapter = ''] = page.split(`\n## ${heading}\n`);
  const [body = ''] = chapter.split('\n## ');
  return new Map(
    [...body.matchAll(/### (.+)\n(?:(?!###)[^`]|`(?!``))*```sql\n([^`]*)```/g)].map(([, title = '', sql = '']) => [
      title,
      sql,
    ]),
  );
}

const top = (first: string, second: string, probability: number) =>
  [
    { label_id: first, label: first, probability },
    { label_id: second, label: second, probability: 1 - probability },
  ] satisfies ClassifiedRow['top'];

function row(key: string, label: string, angle: number, changes: Partial<ClassifiedRow> = {}): ClassifiedRow {
  const embedding = new Float32Array(1024);
  embedding.set([Math.cos(angle), Math.sin(angle)]);
  const choices = top(label, 'stork', 0.75);
  return classifiedRow(key, { label, label_id: label, probability: 0.75, top: choices, embedding, ...changes });
}

const int8 = { model: 'googlenet-int8@ba9876543210' };
const day2 = new Date('2026-03-02T10:00:00Z');
const small = Float32Array.of(1, 2);
let store: string;

beforeAll(async () => {
  store = await storeOf(
    [row('heron.jpg', 'heron', 0), row('near.jpg', 'heron', 0.1), row('far.jpg', 'crane', 1.5)],
    [rejectedRow('note.txt'), row('unsure.jpg', 'crane', 3, { probability: 0.375, top: top('crane', 'stork', 0.375) })],
    // Another version of a key, and another model with smaller embeddings.
    [row('far.jpg', 'stork', 1.5, { image_id: 'drop/far.jpg@e2', etag: 'e2', event_time: day2, ingested_at: day2 })],
    [
      row('heron.jpg', 'crane', 0, { ...int8, embedding: small }),
      row('near.jpg', 'heron', 0, { ...int8, embedding: small }),
    ],
  );
});

const expected: Readonly<Record<string, readonly Json[]>> = {
  'Images per label': [
    { label: 'crane', images: 3, mean_probability: 0.625 },
    { label: 'heron', images: 3, mean_probability: 0.75 },
    { label: 'stork', images: 1, mean_probability: 0.75 },
  ],
  'Labels to review': [{ key: 'unsure.jpg', label: 'crane', probability: 0.375, second: 'stork', margin: -0.25 }],
  'Images per day': [
    { day: '2026-03-01', classified: 6, rejected: 1 },
    { day: '2026-03-02', classified: 1, rejected: 0 },
  ],
  'Images on which two models disagree': [
    { key: 'heron.jpg', label: 'heron', other_label: 'crane', probability: 0.75 },
  ],
  'Cosine similarity': [
    { key: 'near.jpg', cosine: 0.995 },
    { key: 'far.jpg', cosine: 0.0707 },
    { key: 'far.jpg', cosine: 0.0707 },
    { key: 'unsure.jpg', cosine: -0.99 },
  ],
};

describe('the recipes of the page on results', async () => {
  const recipes = await readRecipes('Recipes');

  it('are all tested', async () => {
    const others = ['A row per label of the top five', 'The latest version of each key'];
    expect([...recipes.keys()].toSorted()).toEqual([...Object.keys(expected), ...others].toSorted());
    expect([...(await readRecipes('Recipes for other files')).keys()]).toHaveLength(2);
  });

  it.each(Object.keys(expected))('answer: %s', async (title) => {
    expect(await queryResults(store, recipes.get(title) ?? '')).toEqual(expected[title]);
  });

  it('give a row per label of the top five', async () => {
    const rows = await queryResults(store, recipes.get('A row per label of the top five') ?? '');
    expect(rows).toHaveLength(14);
    expect(rows.filter(({ key }) => key === 'unsure.jpg')).toEqual([
      { key: 'unsure.jpg', label: 'stork', probability: 0.625 },
      { key: 'unsure.jpg', label: 'crane', probability: 0.375 },
    ]);
  });

  it('give the latest version of each key and model', async () => {
    const rows = await queryResults(store, recipes.get('The latest version of each key') ?? '');
    expect(rows).toHaveLength(7);
    expect(rows.filter(({ key }) => key === 'far.jpg')).toEqual([{ key: 'far.jpg', etag: 'e2', label: 'stork' }]);
  });
});

describe('the recipes for other files', async () => {
  const recipes = await readRecipes('Recipes for other files');

  /** Runs SQL in a DuckDB that knows nothing of the project. */
  async function inDuckDb(sql: string): Promise<Json[]> {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(sql);
    const rows = reader.getRowObjectsJson();
    connection.closeSync();
    instance.closeSync();
    return rows;
  }

  it('join an export with a table of your own', async () => {
    const [results, owners] = [join(store, 'results.parquet'), join(store, 'owners.csv')];
    await commandOutput(['results', '--store', store, '--model', 'googlenet', '--out', results]);
    await writeFile(owners, 'file,owner\nheron.jpg,Ada\nnear.jpg,Ada\nfar.jpg,Bo\nnote.txt,Bo\n');
    const sql = recipes.get('Join with your own table') ?? '';
    expect(await inDuckDb(sql.replace('results.parquet', results).replace('owners.csv', owners))).toEqual([
      { owner: 'Ada', label: 'heron', images: '2' },
      { owner: 'Bo', label: 'crane', images: '1' },
      { owner: 'Bo', label: 'stork', images: '1' },
    ]);
  });

  it('compare embeddings over the parts, next to rows without one or with a shorter one', async () => {
    const sql = recipes.get('Directly over the parts') ?? '';
    const [first] = await inDuckDb(sql.replace("'store/", `'${store}/`));
    expect(first).toEqual({ key: 'heron.jpg', other_key: 'near.jpg', cosine: expect.closeTo(0.995, 6) });
  });
});
