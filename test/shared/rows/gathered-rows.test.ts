import { setTimeout as sleep } from 'node:timers/promises';
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
  it('are stored in full parts, and the rest at the end', async () => {
    const results = new RecordingResults();
    const gathered = new GatheredRows(results, { rows: 10, ageMs: never });
    for (let from = 0; from < 24; from += 4) await gathered.append(rowsOf(4, from));
    await gathered.close();
    expect(results.parts.map((part) => part.length)).toEqual([12, 12]);
    expect(results.rows).toEqual(rowsOf(24));
  });

  it('are stored once they have waited long enough, even if the part is not full', async () => {
    const results = new RecordingResults();
    const gathered = new GatheredRows(results, { rows: 10, ageMs: 5 });
    await gathered.append(rowsOf(1));
    await expect.poll(() => results.parts).toEqual([rowsOf(1)]);
    await gathered.close();
    expect(results.parts).toHaveLength(1);
  });

  it('wait while parts are being stored, so that a slow store bounds them', async () => {
    const { promise: stored, resolve: store } = Promise.withResolvers<void>();
    const gathered = new GatheredRows({ append: () => stored }, { rows: 2, ageMs: never });
    await gathered.append(rowsOf(2));
    await gathered.append(rowsOf(2));
    let isTaken = false;
    const third = gathered.append(rowsOf(2)).then(() => {
      isTaken = true;
    });
    await sleep(0);
    expect(isTaken).toBe(false);
    store();
    await third;
    await gathered.close();
  });

  it('end with the fault of the store, at once and when closed', async () => {
    const results = new RecordingResults();
    results.fault = new Error('the disk is full');
    const gathered = new GatheredRows(results, { rows: 1, ageMs: never });
    await gathered.append(rowsOf(1));
    await expect(gathered.failed).rejects.toThrow('the disk is full');
    await expect(gathered.close()).rejects.toThrow('the disk is full');
  });
});
