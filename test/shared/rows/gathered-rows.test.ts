import { describe, expect, it } from 'vitest';
import { GatheredRows } from '../../../shared/rows/gathered-rows.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { RecordingResults } from '../../support/recording-results.ts';
import { classifiedRow } from '../../support/result-rows.ts';

const never = 3_600_000;

function rowsOf(count: number, from = 0): ResultRow[] {
  return Array.from({ length: count }, (_, index) => classifiedRow(`${from + index}.jpg`));
}

describe('gathered rows', () => {
  it('of many callers are stored in full parts', async () => {
    const results = new RecordingResults();
    const gathered = new GatheredRows(results, { rows: 10, ageMs: never });
    await Promise.all([0, 4, 8, 12, 16, 20].map((from) => gathered.append(rowsOf(4, from))));
    expect(results.parts.map((part) => part.length)).toEqual([12, 12]);
    expect(results.rows).toEqual(rowsOf(24));
  });

  it('are stored once they have waited long enough, even if the part is not full', async () => {
    const results = new RecordingResults();
    const gathered = new GatheredRows(results, { rows: 10, ageMs: 5 });
    await gathered.append(rowsOf(1));
    expect(results.parts).toEqual([rowsOf(1)]);
  });

  it('are durable when the call returns', async () => {
    const { promise: stored, resolve: store } = Promise.withResolvers<void>();
    const gathered = new GatheredRows({ append: () => stored }, { rows: 2, ageMs: never });
    let isDurable = false;
    const appended = gathered.append(rowsOf(2)).then(() => {
      isDurable = true;
    });
    await new Promise(setImmediate);
    expect(isDurable).toBe(false);
    store();
    await appended;
  });

  it('report the fault of the store to every caller and as the first failure', async () => {
    const results = new RecordingResults();
    results.fault = new Error('the disk is full');
    const gathered = new GatheredRows(results, { rows: 2, ageMs: never });
    const calls = [gathered.append(rowsOf(1)), gathered.append(rowsOf(1, 1))];
    for (const call of calls) await expect(call).rejects.toThrow('the disk is full');
    await expect(gathered.failed).rejects.toThrow('the disk is full');
  });
});
