import { join } from 'node:path';
import { array, assert, asyncProperty, boolean, constantFrom, integer, record, shuffledSubarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countByStatus } from '../../../results/questions/count-by-status.ts';
import { finishedImages } from '../../../results/questions/finished-images.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../support/result-rows.ts';
import { appendTo, opened, query, resultsOf, rowsOf, storeOf } from '../../support/stores.ts';
import { writeParquet } from '../../support/write-parquet.ts';

const { model, preprocess } = classifiedRow('');
const key = 'a.jpg';
const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute));
/** Sequencers as S3 writes them: hexadecimal numbers whose length may change. */
const sequencer = (event: number) => ['00', '9', '0b', 'C', 'fF', '0100', '00000000000000FFFF'][event] ?? null;

/** The rows that ingest and classify store for a step of a history. */
const steps = {
  created: (event: number, etag = 'e1') => classifiedRow(key, { ...image(etag), ...when(event) }),
  createdAndGone: (event: number, etag = 'e1') =>
    rejectedRow(key, { ...image(etag), ...when(event), reason: 'object_gone' }),
  version: (event: number, version: string) =>
    classifiedRow(key, { image_id: `drop/${key}@${version}`, version, ...when(event) }),
  deleted: (event: number, version: string | null = null) => deletedRow(key, { version, ...when(event) }),
  listed: (event: number, etag = 'e1') => classifiedRow(key, { ...image(etag), event_time: at(event) }),
  removed: (event: number) => deletedRow(key, { event_time: at(event) }),
};
const image = (etag: string) => ({ image_id: `drop/${key}@${etag}`, etag });
const when = (event: number) => ({ sequencer: sequencer(event), event_time: at(event) });

const { created, createdAndGone, version, deleted, listed, removed } = steps;
const histories: readonly { name: string; rows: readonly ResultRow[]; outcome: Record<string, string> }[] = [
  { name: 'uploaded', rows: [created(1)], outcome: { e1: 'classified' } },
  { name: 'uploaded and deleted', rows: [created(1), deleted(2)], outcome: { e1: 'deleted' } },
  { name: 'deleted and uploaded', rows: [deleted(1), created(2)], outcome: { e1: 'classified' } },
  {
    name: 'uploaded, deleted and uploaded again, the same bytes',
    rows: [created(1), deleted(2), created(3)],
    outcome: { e1: 'classified' },
  },
  {
    name: 'uploaded and deleted, twice',
    rows: [created(1), deleted(3), created(4), deleted(5)],
    outcome: { e1: 'deleted' },
  },
  {
    name: 'uploaded, deleted and uploaded again, other bytes',
    rows: [created(1), deleted(4), created(5, 'e2')],
    outcome: { e1: 'deleted', e2: 'classified' },
  },
  {
    name: 'uploaded, and deleted before ingest read it',
    rows: [createdAndGone(2), deleted(3)],
    outcome: { e1: 'deleted' },
  },
  {
    name: 'uploaded, with two events, the second one after its deletion',
    rows: [created(1), createdAndGone(1), deleted(6)],
    outcome: { e1: 'deleted' },
  },
  {
    name: 'of three versions, the first permanently deleted',
    rows: [version(1, 'v1'), version(2, 'v2'), deleted(3, 'v1'), version(4, 'v3')],
    outcome: { v1: 'deleted', v2: 'classified', v3: 'classified' },
  },
  {
    name: 'of two versions, hidden by a delete marker, then uploaded again',
    rows: [version(1, 'v1'), version(2, 'v2'), deleted(3), version(4, 'v3')],
    outcome: { v1: 'deleted', v2: 'deleted', v3: 'classified' },
  },
  { name: 'found in a folder, then removed', rows: [listed(1), removed(2)], outcome: { e1: 'deleted' } },
  { name: 'removed the moment it was found', rows: [listed(1), removed(1)], outcome: { e1: 'deleted' } },
  { name: 'found, removed and found again', rows: [listed(1), removed(2), listed(3)], outcome: { e1: 'classified' } },
  {
    name: 'uploaded, deleted and found again by a listing',
    rows: [created(1), deleted(2), listed(3)],
    outcome: { e1: 'classified' },
  },
  {
    name: 'found by a listing, deleted, uploaded and deleted',
    rows: [listed(1), deleted(2), created(3), deleted(4)],
    outcome: { e1: 'deleted' },
  },
];

function orders<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

/** The same row in another bucket. */
const inBucket = (bucket: string, row: ResultRow): ResultRow => ({
  ...row,
  bucket,
  image_id: row.image_id.replace(/^drop/, bucket),
});

/** The status of each image in the view: one bucket per list of rows, one part per row. */
async function outcomes(lists: readonly (readonly ResultRow[])[]): Promise<Record<string, string>[]> {
  const parts = Array.from({ length: Math.max(...lists.map((rows) => rows.length)) }, (_, part) =>
    lists.flatMap((rows, bucket) => rows.slice(part, part + 1).map((row) => inBucket(`drop${bucket}`, row))),
  );
  const found = await query(
    { kind: 'folder', path: await storeOf(...parts) },
    `select bucket, coalesce(version, etag), status from results`,
  );
  const byBucket = lists.map((): Record<string, string> => ({}));
  for (const row of found) {
    const [bucket = '', id = '', status = ''] = row.map(String);
    const outcome = byBucket[Number(bucket.slice('drop'.length))];
    if (outcome === undefined || id in outcome) throw new Error(`unexpected image: ${row}`);
    outcome[id] = status;
  }
  return byBucket;
}

describe('an image', () => {
  it.each(histories)(
    '$name has the same status for every order and repetition of its rows',
    async ({ rows, outcome }) => {
      const one = [rows, ...rows.map((row) => [...rows, row])].flatMap((list) => orders(list));
      const lists = [...one, [...rows, ...rows], [...rows, ...rows].toReversed()];
      expect(await outcomes(lists)).toEqual(lists.map(() => outcome));
    },
  );

  it('is deleted if and only if a deletion of its key or version follows its last upload', async () => {
    const step = record({ upload: boolean(), id: constantFrom('v1', 'v2'), wholeKey: boolean() });
    const history = record({
      events: array(step, { minLength: 1, maxLength: 6 }),
      repeated: array(integer({ min: 0, max: 5 }), { maxLength: 3 }),
      order: shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 9 }),
    });
    await assert(
      asyncProperty(array(history, { minLength: 50, maxLength: 100 }), async (all) => {
        const lists = all.map(({ events, repeated, order }) => {
          const rows = events.map(({ upload, id, wholeKey }, event) =>
            upload ? version(event, id) : deleted(event, wholeKey ? null : id),
          );
          const twice = [...rows, ...repeated.flatMap((event) => rows[event] ?? [])];
          return order.flatMap((index) => twice[index] ?? []);
        });
        const expected = all.map(({ events }) => {
          const outcome: Record<string, string> = {};
          for (const { upload, id, wholeKey } of events) {
            if (upload) outcome[id] = 'classified';
            else for (const known of Object.keys(outcome)) if (wholeKey || known === id) outcome[known] = 'deleted';
          }
          return outcome;
        });
        expect(await outcomes(lists)).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });
});

describe('a deletion', () => {
  it('marks the rows of all models, and none if any model processed a later upload', async () => {
    const rows = (event: number, name: string) =>
      classifiedRow(key, { ...when(event), model: name, preprocess: `of ${name}` });
    const statuses = async (...list: ResultRow[]) =>
      query(await storeOf(list), 'select model, status from results order by model');
    const deletion = deletedRow(key, { ...when(3), model: 'third@3' });
    expect(await statuses(rows(1, 'first@1'), rows(2, 'second@2'), deletion)).toEqual([
      ['first@1', 'deleted'],
      ['second@2', 'deleted'],
    ]);
    expect(await statuses(rows(1, 'first@1'), rows(4, 'second@2'), deletion)).toEqual([
      ['first@1', 'classified'],
      ['second@2', 'classified'],
    ]);
  });

  it('marks no row of another key or bucket', async () => {
    const path = await storeOf(
      [classifiedRow(key), inBucket('other', classifiedRow(key)), classifiedRow('b.jpg'), rejectedRow('c.txt')],
      [deletedRow(key), deletedRow('never seen.jpg')],
    );
    const sql = 'select bucket, key, status from results order by all';
    expect(await query(path, sql)).toEqual([
      ['drop', 'a.jpg', 'deleted'],
      ['drop', 'b.jpg', 'classified'],
      ['drop', 'c.txt', 'rejected'],
      ['other', 'a.jpg', 'classified'],
    ]);
  });

  it('keeps the other columns of an image, and is counted separately', async () => {
    const path = await storeOf(
      [classifiedRow(key), classifiedRow('b.jpg'), rejectedRow('c.txt'), rejectedRow('d.txt', { reason: 'truncated' })],
      [deletedRow(key), deletedRow('c.txt')],
    );
    const results = await opened(path);
    const read = `select label, len(embedding)::int, reason from results where status = 'deleted' order by key`;
    expect(await rowsOf(results, read)).toEqual([
      ['tench', 3, null],
      [null, null, 'not_an_image'],
    ]);
    expect(await countByStatus(results)).toEqual({
      classified: 1,
      rejected: 1,
      deleted: 2,
      reasons: [{ reason: 'truncated', count: 1 }],
    });
  });

  it('makes an image unfinished until a later upload has a row', async () => {
    const finished = async (...parts: ResultRow[][]) =>
      finishedImages(await resultsOf(...parts), { model, preprocess });
    const first = [created(1), rejectedRow('c.txt', when(1))];
    const gone = [deleted(2), deletedRow('c.txt', when(2))];
    expect(await finished(first, gone)).toEqual(new Map());
    expect(await finished(first, gone, [listed(3)])).toEqual(new Map([['drop/a.jpg@e1', 'classified']]));
  });

  it('is compared by time with rows of older parts without sequencers', async () => {
    const path = await storeOf([created(5), rejectedRow('c.txt', when(1)), rejectedRow('d.txt', when(3))]);
    await writeParquet(
      `select * exclude (sequencer) replace (replace(key, '.', '-old.') as key, image_id || ' old' as image_id)
       from read_parquet('${path}/results/*/*.parquet')`,
      join(path, 'results', 'old.parquet'),
    );
    const keys = ['a.jpg', 'c.txt', 'd.txt', 'a-old.jpg', 'c-old.txt', 'd-old.txt'];
    const marks = keys.map((name) => deletedRow(name, { sequencer: sequencer(2), event_time: at(3) }));
    await appendTo(path, [marks]);
    const sql = `select key, status, sequencer from results order by key`;
    expect(await query(path, sql)).toEqual([
      ['a-old.jpg', 'classified', null],
      ['a.jpg', 'classified', '0100'],
      ['c-old.txt', 'deleted', null],
      ['c.txt', 'deleted', '9'],
      ['d-old.txt', 'deleted', null],
      ['d.txt', 'rejected', 'C'],
    ]);
  });
});
