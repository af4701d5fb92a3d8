import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ClassifiedRow } from '../../../shared/rows/row.ts';
import { repository } from '../../support/cli.ts';
import { classifiedRow, rejectedRow, storedRegion } from '../../support/result-rows.ts';
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

const model = 'googlenet@0123456789ab';
const int8 = { model: 'googlenet-int8@ba9876543210' };
const fashion = { model: 'fashion-mnist@cba987654321' };
const day2 = new Date('2026-03-02T10:00:00Z');
const [pug, collie] = [
  { label_id: 'n02110958', label: 'pug, pug-dog' },
  { label_id: 'n02106030', label: 'collie' },
];
const [tabby, siamese] = [
  { label_id: 'n02123045', label: 'tabby, tabby cat' },
  { label_id: 'n02123597', label: 'Siamese cat, Siamese' },
];
const region = (
  label: { label_id: string; label: string },
  ...[x, y, width, height]: [number, number, number, number]
) => storedRegion({ ...label, x, y, width, height });
/** A pug next to a collie, and cats: one below both, one far to the right. */
const heronRegions = [
  region(pug, 0, 0, 100, 100),
  region(collie, 120, 20, 100, 100),
  region(tabby, 0, 200, 150, 100),
  region(siamese, 400, 0, 50, 50),
];
const farRegions = [
  region(pug, 0, 0, 50, 50),
  region(pug, 30, 0, 50, 50),
  region(siamese, 40, 0, 50, 75),
  region(tabby, 100, 0, 10, 10),
];
let store: string;

beforeAll(async () => {
  store = await storeOf(
    [
      row('heron.jpg', 'heron', 0, { regions: heronRegions }),
      row('near.jpg', 'heron', 0.1),
      row('far.jpg', 'crane', 1.5, { regions: farRegions }),
    ],
    [rejectedRow('note.txt'), row('unsure.jpg', 'crane', 3, { probability: 0.375, top: top('crane', 'stork', 0.375) })],
    // Another version of a key, an image that was delivered twice, and another label of the same name.
    [row('far.jpg', 'stork', 1.5, { image_id: 'drop/far.jpg@e2', etag: 'e2', event_time: day2, ingested_at: day2 })],
    [row('near.jpg', 'heron', 0.1), row('lift.jpg', 'crane', 2, { label_id: 'machine' })],
    // A model with embeddings of the same length that mean something else, and one with shorter embeddings.
    [row('heron.jpg', 'crane', 2, int8), row('near.jpg', 'heron', 2.1, int8), row('far.jpg', 'heron', 2.2, int8)],
    [row('heron.jpg', 'bag', 0, { ...fashion, embedding: Float32Array.of(1, 2) })],
  );
});

const named = ({ label }: { label: string }) => ({ label });

const expected: Readonly<Record<string, readonly Json[]>> = {
  'Images per label': [
    { ...fashion, label_id: 'bag', label: 'bag', images: 1, mean_probability: 0.75 },
    { ...int8, label_id: 'heron', label: 'heron', images: 2, mean_probability: 0.75 },
    { ...int8, label_id: 'crane', label: 'crane', images: 1, mean_probability: 0.75 },
    { model, label_id: 'crane', label: 'crane', images: 2, mean_probability: 0.563 },
    { model, label_id: 'heron', label: 'heron', images: 2, mean_probability: 0.75 },
    { model, label_id: 'machine', label: 'crane', images: 1, mean_probability: 0.75 },
    { model, label_id: 'stork', label: 'stork', images: 1, mean_probability: 0.75 },
  ],
  'Labels to review': [
    { key: 'unsure.jpg', model, label: 'crane', probability: 0.375, second: 'stork', margin: -0.25 },
  ],
  'Images per day': [
    { day: '2026-03-01', ...fashion, classified: 1, rejected: 0 },
    { day: '2026-03-01', ...int8, classified: 3, rejected: 0 },
    { day: '2026-03-01', model, classified: 5, rejected: 1 },
    { day: '2026-03-02', model, classified: 1, rejected: 0 },
  ],
  'Images on which two models disagree': [
    { key: 'far.jpg', label: 'crane', other_label: 'heron', probability: 0.75 },
    { key: 'heron.jpg', label: 'heron', other_label: 'crane', probability: 0.75 },
  ],
  'Photos with two dogs': [{ key: 'heron.jpg', model, label: 'pug, pug-dog', other_label: 'collie' }],
  'The largest cat of each photo': [
    { key: 'heron.jpg', model, ...named(tabby), x: 0, y: 200, width: 150, height: 100, percent: 8 },
    { key: 'far.jpg', model, ...named(siamese), x: 40, y: 0, width: 50, height: 75, percent: 2 },
  ],
  'What stands next to what': [
    { model, ...named(collie), other_label: pug.label, photos: 1 },
    { model, ...named(pug), other_label: siamese.label, photos: 1 },
  ],
  'Cosine similarity': [
    { key: 'near.jpg', cosine: 0.995 },
    { key: 'far.jpg', cosine: 0.0707 },
    { key: 'far.jpg', cosine: 0.0707 },
    { key: 'lift.jpg', cosine: -0.4161 },
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
    expect(rows).toHaveLength(20);
    expect(rows.filter(({ key }) => key === 'unsure.jpg')).toEqual([
      { key: 'unsure.jpg', model, label: 'stork', probability: 0.625 },
      { key: 'unsure.jpg', model, label: 'crane', probability: 0.375 },
    ]);
  });

  it('give the latest version of each key and model', async () => {
    const rows = await queryResults(store, recipes.get('The latest version of each key') ?? '');
    expect(rows).toHaveLength(10);
    expect(rows.filter(({ key }) => key === 'far.jpg')).toEqual([
      { key: 'far.jpg', ...int8, etag: 'e1', label: 'heron' },
      { key: 'far.jpg', model, etag: 'e2', label: 'stork' },
    ]);
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
    await commandOutput(['results', '--store', store, '--out', results]);
    await writeFile(owners, 'file,owner\nheron.jpg,Ada\nnear.jpg,Ada\nfar.jpg,Bo\nnote.txt,Bo\n');
    const sql = recipes.get('Join with your own table') ?? '';
    expect(await inDuckDb(sql.replace('results.parquet', results).replace('owners.csv', owners))).toEqual([
      { owner: 'Ada', ...fashion, label: 'bag', images: '1' },
      { owner: 'Ada', ...int8, label: 'crane', images: '1' },
      { owner: 'Ada', ...int8, label: 'heron', images: '1' },
      { owner: 'Ada', model, label: 'heron', images: '2' },
      { owner: 'Bo', ...int8, label: 'heron', images: '1' },
      { owner: 'Bo', model, label: 'crane', images: '1' },
      { owner: 'Bo', model, label: 'stork', images: '1' },
    ]);
  });

  it('compare embeddings over the parts, next to rows without one or with a shorter one', async () => {
    const sql = recipes.get('Directly over the parts') ?? '';
    const pairs = await inDuckDb(sql.replace("'store/", `'${store}/`));
    expect(pairs.slice(0, 3)).toEqual([
      { key: 'far.jpg', other_key: 'far.jpg', cosine: 1 },
      { key: 'heron.jpg', other_key: 'near.jpg', cosine: expect.closeTo(0.995, 6) },
      { key: 'far.jpg', other_key: 'lift.jpg', cosine: expect.closeTo(0.8776, 6) },
    ]);
  });
});
