import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { expect, it } from 'vitest';
import type { FailureReason } from '../../../shared/failures/failure.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { compactStore } from '../../support/compact-store.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../support/result-rows.ts';
import { appendTo, query, storeOf } from '../../support/stores.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute));
const sequencer = (event: number) => ['00', '9', '0b', 'C', 'fF', '0100', '00000000000000FFFF'][event] ?? null;

/** One stored row of an image: kind, event, time of the row, content and model. */
const step = record({
  kind: constantFrom('classified', 'rejected', 'object_gone', 'unavailable', 'deleted', 'version deleted', 'listed'),
  event: integer({ min: 0, max: 6 }),
  doneAt: integer({ min: 0, max: 4 }),
  image: constantFrom('v1', 'v2'),
  model: constantFrom('one@1', 'two@2'),
});
type Step = typeof step extends { generate: (...args: never) => { value: infer T } } ? T : never;

function rowOf({ kind, event, doneAt, image, model }: Step, bucket: string): ResultRow {
  const base = {
    bucket,
    image_id: `${bucket}/a.jpg@${image}`,
    version: image,
    sequencer: sequencer(event),
    event_time: at(event),
    ingested_at: at(doneAt),
    model,
  };
  const gone = (reason: FailureReason) => rejectedRow('a.jpg', { ...base, reason });
  if (kind === 'classified') return classifiedRow('a.jpg', { ...base, classified_at: at(doneAt) });
  if (kind === 'listed') return classifiedRow('a.jpg', { ...base, sequencer: null, classified_at: at(doneAt) });
  if (kind === 'rejected') return gone('truncated');
  if (kind === 'object_gone' || kind === 'unavailable') return gone(kind);
  const version = kind === 'deleted' ? null : image;
  return deletedRow('a.jpg', { ...base, image_id: `${bucket}/a.jpg@deleted-${version}-${event}`, version });
}

it('a compacted store gives the same answers, also after more rows are written', async () => {
  const history = record({
    before: array(step, { minLength: 1, maxLength: 7 }),
    after: array(step, { maxLength: 3 }),
  });
  await assert(
    asyncProperty(array(history, { minLength: 60, maxLength: 100 }), async (histories) => {
      const partsOf = (which: 'before' | 'after') =>
        [0, 1, 2].map((part) =>
          histories.flatMap((steps, bucket) =>
            steps[which].filter((_, index) => index % 3 === part).map((event) => rowOf(event, `drop-${bucket}`)),
          ),
        );
      const plain = await storeOf(...partsOf('before'));
      const compacted = await storeOf(...partsOf('before'));
      await compactStore(compacted);
      const columns = 'bucket, image_id, model, status, reason, label, sequencer, event_time, classified_at';
      const sql = `select ${columns} from results order by all`;
      expect(await query(compacted, sql)).toEqual(await query(plain, sql));
      for (const path of [plain, compacted]) await appendTo(path, partsOf('after'));
      expect(await query(compacted, sql)).toEqual(await query(plain, sql));
      await compactStore(compacted);
      expect(await query(compacted, sql)).toEqual(await query(plain, sql));
    }),
    { numRuns: 6, endOnFailure: true },
  );
});
