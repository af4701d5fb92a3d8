import { describe, expect, it } from 'vitest';
import { countByStatus } from '../../../results/questions/count-by-status.ts';
import { finishedImages } from '../../../results/questions/finished-images.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { opened, query, storeOf } from '../../support/stores.ts';

const { model, preprocess } = classifiedRow('');

describe('results with duplicates', () => {
  const early = new Date('2026-03-01T10:00:00Z');
  const late = new Date('2026-03-02T10:00:00Z');
  const orders: { readonly name: string; readonly order: (parts: ResultRow[][]) => ResultRow[][] }[] = [
    { name: 'in chronological order', order: (parts) => parts },
    { name: 'in reverse order', order: (parts) => parts.toReversed() },
    { name: 'in one part', order: (parts) => [parts.flat()] },
    { name: 'each part twice', order: (parts) => [...parts, ...parts] },
  ];

  it.each(orders)('show each image once, written $name', async ({ order }) => {
    const parts = order([
      [rejectedRow('gone-then-back.jpg', { reason: 'object_gone', ingested_at: early }), classifiedRow('once.jpg')],
      [classifiedRow('gone-then-back.jpg', { classified_at: early, label: 'early' })],
      [classifiedRow('gone-then-back.jpg', { classified_at: late, label: 'late' })],
      // A rejection never hides a classification, however late it is.
      [rejectedRow('gone-then-back.jpg', { reason: 'unreadable', ingested_at: late })],
      [rejectedRow('bad.txt', { detail: 'early', ingested_at: early })],
      [rejectedRow('bad.txt', { detail: 'late', ingested_at: late })],
    ]);
    const source = { kind: 'folder', path: await storeOf(...parts) } as const;
    expect(await query(source, 'select key, status, coalesce(label, detail) from results order by key')).toEqual([
      ['bad.txt', 'rejected', 'late'],
      ['gone-then-back.jpg', 'classified', 'late'],
      ['once.jpg', 'classified', 'tench'],
    ]);
    expect(await query(source, `select count(*)::int, count(embedding)::int from results where key > 'c'`)).toEqual([
      [2, 2],
    ]);
    const results = await opened(source);
    expect(await countByStatus(results)).toEqual({
      classified: 2,
      rejected: 1,
      deleted: 0,
      reasons: [{ reason: 'not_an_image', count: 1 }],
    });
    expect(await finishedImages(results, { model, preprocess })).toEqual(
      new Map([
        ['drop/bad.txt@e1', 'rejected'],
        ['drop/gone-then-back.jpg@e1', 'classified'],
        ['drop/once.jpg@e1', 'classified'],
      ]),
    );
  });

  it('hide a row of an unreadable object if its key has a later row, not if it has an earlier one', async () => {
    const unseen = { image_id: 'drop/link.jpg@e0', etag: 'e0', reason: 'object_gone' as const };
    const seen = (at: Date) => [classifiedRow('link.jpg', { classified_at: at })];
    const later = await storeOf([rejectedRow('link.jpg', { ...unseen, ingested_at: early })], seen(late));
    const earlier = await storeOf([rejectedRow('link.jpg', { ...unseen, ingested_at: late })], seen(early));
    const statuses = (path: string) => query(path, 'select status from results order by 1');
    expect(await statuses(later)).toEqual([['classified']]);
    expect(await statuses(earlier)).toEqual([['classified'], ['rejected']]);
  });

  it('keep the results of other models, preprocessings and versions of an image', async () => {
    const path = await storeOf([
      classifiedRow('a.jpg'),
      classifiedRow('a.jpg', { model: 'other@1' }),
      classifiedRow('a.jpg', { preprocess: 'other' }),
      classifiedRow('a.jpg', { image_id: 'drop/a.jpg@e2', etag: 'e2' }),
    ]);
    expect(await query(path, 'select count(*)::int from results')).toEqual([[4]]);
  });
});
