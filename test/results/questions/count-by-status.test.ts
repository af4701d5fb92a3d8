import { expect, it } from 'vitest';
import { countByStatus } from '../../../results/questions/count-by-status.ts';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { appendTo, opened, storeOf } from '../../support/stores.ts';

it('countByStatus counts each image of all jobs or one once, the most frequent reason first', async () => {
  const path = await storeOf([
    classifiedRow('1', { job: 'a' }),
    classifiedRow('2', { job: "b's" }),
    rejectedRow('3', { job: 'a', reason: 'empty' }),
    rejectedRow('4', { job: 'a', reason: 'truncated' }),
    rejectedRow('5', { job: 'a', reason: 'truncated' }),
  ]);
  await appendTo(path, [
    [
      classifiedRow('1', { job: 'a', model: 'other@1' }),
      rejectedRow('3', { job: 'a', reason: 'empty', model: 'other@1' }),
    ],
  ]);
  const results = await opened(path);
  const reasons = [
    { reason: 'truncated', count: 2 },
    { reason: 'empty', count: 1 },
  ];
  expect(await countByStatus(results)).toEqual({ classified: 2, rejected: 3, deleted: 0, reasons });
  expect(await countByStatus(results, { job: 'a' })).toEqual({ classified: 1, rejected: 3, deleted: 0, reasons });
  expect(await countByStatus(results, { job: "b's" })).toEqual({
    classified: 1,
    rejected: 0,
    deleted: 0,
    reasons: [],
  });
});
