import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openResults } from '../../../results/open/open-results.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { parseLines, toFile, toStream } from '../../support/exports.ts';
import { classifiedRow, deletedRow, rejectedRow, storedRegion } from '../../support/result-rows.ts';
import { opened, resultsOf, storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const goldfish = { label: 'goldfish, Carassius auratus', label_id: 'n01443537' };
const rows = [
  classifiedRow('b.jpg', {
    regions: [
      storedRegion({ ...goldfish, x: 7, probability: 0.5 }),
      storedRegion({ x: 0, y: 0, width: 500, height: 375, objectness: 0.25 }),
    ],
  }),
  classifiedRow('a.jpg', { width: 640, height: 480, regions: [storedRegion({ ...goldfish, probability: 0.75 })] }),
  classifiedRow('none.jpg', { regions: [] }),
  classifiedRow('old.jpg'),
  rejectedRow('note.txt'),
  classifiedRow('gone.jpg', { regions: [storedRegion()] }),
  deletedRow('gone.jpg'),
];

const cocoSchema = z.strictObject({
  info: z.strictObject({ description: z.string(), model: z.string() }),
  images: z.array(
    z.strictObject({
      ...{ id: z.int(), file_name: z.string(), width: z.int(), height: z.int() },
      source: z.string(),
    }),
  ),
  annotations: z.array(
    z.strictObject({
      ...{ id: z.int(), image_id: z.int(), category_id: z.int(), bbox: z.array(z.int()).length(4), area: z.int() },
      ...{ iscrowd: z.literal(0), score: z.number(), objectness: z.number() },
    }),
  ),
  categories: z.array(z.strictObject({ id: z.int(), name: z.string(), label_id: z.string() })),
});

const coco = async (...[results, query]: Parameters<typeof toStream>) =>
  cocoSchema.parse(JSON.parse(await toStream(results, { ...query, format: 'coco' })));

describe('rows of images that have regions', () => {
  it('have the list of their regions as JSON', async () => {
    const lines = parseLines(await toStream(await resultsOf(rows), { format: 'jsonl' }));
    const { embedding: _, ...region } = storedRegion(goldfish);
    expect(lines).toMatchObject([
      { key: 'a.jpg', regions: [{ ...region, objectness: 0.4, probability: 0.75 }] },
      { key: 'b.jpg', regions: [{ x: 7 }, { x: 0 }] },
      { key: 'none.jpg', regions: [] },
      { key: 'note.txt', regions: null },
      { key: 'old.jpg', regions: null },
    ]);
  });

  it('have the labels of their regions in a table, the most frequent first', async () => {
    const many = [storedRegion(goldfish), storedRegion(), storedRegion({ ...goldfish, x: 1 })];
    const table = await toStream(await resultsOf([classifiedRow('a.jpg', { regions: many }), ...rows.slice(2)]), {
      format: 'table',
    });
    expect(table).toMatch(/│ key +│ status +│ reason +│ label +│ probability │ regions +│/);
    expect(table).toMatch(/│ a.jpg +│ classified +│ +│ tench +│ 70.0 % +│ goldfish ×2, tench │/);
    expect(table).toMatch(/│ none.jpg +│ classified +│ +│ tench +│ 70.0 % +│ +│/);
  });

  it('have no such column if no image has regions', async () => {
    const results = await resultsOf([classifiedRow('a.jpg')]);
    expect(await toStream(results, { format: 'table' })).not.toContain('regions');
    expect(await toStream(results, { format: 'jsonl' })).not.toMatch(/regions|proposals/);
  });
});

describe('a row per region', () => {
  it('has the box, and the columns of the image under other names, as CSV', async () => {
    const csv = await toStream(await resultsOf(rows), { format: 'csv', regions: true });
    const [head = '', ...lines] = csv.trimEnd().split('\n');
    const columns = head.split(',');
    expect(columns.slice(9, 23)).toEqual([
      ...['image_width', 'image_height', 'image_label', 'image_label_id', 'image_probability', 'region'],
      ...['x', 'y', 'width', 'height', 'label', 'label_id', 'probability', 'objectness'],
    ]);
    expect(lines.map((line) => line.split(',').slice(9, 19).join())).toEqual([
      '640,480,tench,n01440764,0.7,1,40,30,200,150',
      '500,375,tench,n01440764,0.7,1,7,30,200,150',
      '500,375,tench,n01440764,0.7,2,0,0,500,375',
    ]);
  });

  it('is selected by the label and the probability of the region', async () => {
    const results = await resultsOf(rows);
    const select = async (query: Parameters<typeof toStream>[1]) =>
      parseLines(await toStream(results, { regions: true, ...query })).map((row) => {
        const { key, region } = z.object({ key: z.string(), region: z.number() }).parse(row);
        return [key, region];
      });
    expect(await select({ format: 'jsonl', label: 'goldfish' })).toEqual([
      ['a.jpg', 1],
      ['b.jpg', 1],
    ]);
    expect(await select({ format: 'jsonl', minProbability: 0.7 })).toEqual([
      ['a.jpg', 1],
      ['b.jpg', 2],
    ]);
    expect(await select({ format: 'jsonl', limit: 1 })).toEqual([['a.jpg', 1]]);
    expect(await select({ format: 'jsonl', deleted: true })).toHaveLength(4);
  });

  it('is short in a table', async () => {
    const table = await toStream(await resultsOf(rows), { format: 'table', regions: true });
    expect(table).toMatch(/│ key +│ region │ label +│ probability │ box +│/);
    expect(table).toMatch(/│ b.jpg +│ 2 +│ tench +│ 90.0 % +│ 0,0,500,375 +│/);
  });

  it('has the embedding of the region on request', async () => {
    const path = await storeOf(rows);
    const results = await openResults({ kind: 'folder', path }, { regionEmbeddings: true });
    try {
      const lines = await toStream(results, { format: 'jsonl', regions: true, embeddings: true, limit: 1 });
      expect(parseLines(lines)).toMatchObject([{ embedding: [0.5, 0.25, -2] }]);
    } finally {
      await results.close();
    }
  });
});

describe('the format coco', () => {
  it('has every image with regions, an annotation per region, and the labels as categories', async () => {
    const set = await coco(await resultsOf(rows), { format: 'coco' });
    expect(set).toEqual({
      info: { description: 'Regions found by inception-batch', model: 'googlenet@0123456789ab' },
      images: [
        { id: 1, file_name: 'a.jpg', width: 640, height: 480, source: 'drop/a.jpg@e1' },
        { id: 2, file_name: 'b.jpg', width: 500, height: 375, source: 'drop/b.jpg@e1' },
        { id: 3, file_name: 'none.jpg', width: 500, height: 375, source: 'drop/none.jpg@e1' },
      ],
      annotations: [
        { ...box(40, 30, 200, 150), ...{ id: 1, image_id: 1, category_id: 2, score: 0.75, objectness: 0.4 } },
        { ...box(7, 30, 200, 150), ...{ id: 2, image_id: 2, category_id: 2, score: 0.5, objectness: 0.4 } },
        { ...box(0, 0, 500, 375), ...{ id: 3, image_id: 2, category_id: 1, score: 0.9, objectness: 0.25 } },
      ],
      categories: [
        { id: 1, name: 'tench', label_id: 'n01440764' },
        { id: 2, name: 'goldfish, Carassius auratus', label_id: 'n01443537' },
      ],
    });
  });

  it('tells two labels of one name apart by their ids', async () => {
    const cranes = ['n02012849', 'n03126707'].map((label_id) => storedRegion({ label: 'crane', label_id }));
    const set = await coco(await resultsOf([classifiedRow('a.jpg', { regions: cranes })]), { format: 'coco' });
    expect(set.categories.map(({ name }) => name)).toEqual(['crane (n02012849)', 'crane (n03126707)']);
  });

  it('lists images without an annotation of the selected label, and deleted images on request', async () => {
    const results = await resultsOf(rows);
    const selected = await coco(results, { format: 'coco', label: 'tench', deleted: true });
    expect(selected.images.map(({ file_name }) => file_name)).toEqual(['a.jpg', 'b.jpg', 'gone.jpg', 'none.jpg']);
    expect(selected.annotations.map(({ image_id }) => image_id)).toEqual([2, 3]);
    expect(selected.categories).toEqual([{ id: 1, name: 'tench', label_id: 'n01440764' }]);
    const first = await coco(results, { format: 'coco', limit: 1 });
    expect([first.images.length, first.annotations.length]).toEqual([1, 1]);
  });

  it('takes the latest computation of an image, and gives the same text from other parts', async () => {
    const again = classifiedRow('a.jpg', {
      ...{ preprocess: 'more-regions', classified_at: new Date('2026-03-01T11:00:00Z') },
      regions: [storedRegion({ x: 11 }), storedRegion({ x: 12 })],
    });
    const one = await resultsOf(rows, [again]);
    const { annotations } = await coco(one, { format: 'coco' });
    expect(annotations.map(({ bbox }) => bbox[0])).toEqual([11, 12, 7, 0]);
    const other = await resultsOf([again, ...rows.toReversed()], [...rows]);
    expect(await toStream(other, { format: 'coco' })).toBe(await toStream(one, { format: 'coco' }));
  });

  it('has thousands of images and regions', async () => {
    const many = Array.from({ length: 3000 }, (_, index) =>
      classifiedRow(`${index}.jpg`, { regions: [storedRegion({ x: index % 300 }), storedRegion({ y: index % 200 })] }),
    );
    const set = await coco(await resultsOf(many), { format: 'coco' });
    expect([set.images.length, set.annotations.length]).toEqual([3000, 6000]);
    expect(new Set(set.annotations.map(({ id }) => id)).size).toBe(6000);
  });

  it('is written to a file, with the number of regions', async () => {
    const path = await toFile(await resultsOf(rows), { format: 'coco' });
    expect(cocoSchema.parse(JSON.parse(await readFile(path, 'utf8'))).annotations).toHaveLength(3);
  });

  it('says what to do about several models, and without regions', async () => {
    const other = classifiedRow('a.jpg', { model: 'other@0123456789ab', regions: [storedRegion()] });
    const results = await resultsOf([...rows, other]);
    await expect(toStream(results, { format: 'coco' })).rejects.toThrow(
      new UserError(
        'the regions are of several models: give --model with one of googlenet@0123456789ab, other@0123456789ab',
      ),
    );
    const models = [{ model: other.model, preprocess: other.preprocess }];
    expect((await coco(results, { format: 'coco', models })).annotations).toHaveLength(1);
    await expect(toStream(await opened(temporaryFolder()), { format: 'coco' })).rejects.toThrow(
      'none of these images was classified with regions',
    );
  });
});

function box(x: number, y: number, width: number, height: number) {
  return { bbox: [x, y, width, height], area: width * height, iscrowd: 0 };
}
