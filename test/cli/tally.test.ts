import { beforeEach, describe, expect, it } from 'vitest';
import { Tally } from '../../cli/pipeline/tally.ts';
import type { ResultsWriter } from '../../shared/ports.ts';
import { RecordingResults } from '../support/recording-results.ts';
import { classifiedRow, rejectedRow } from '../support/result-rows.ts';

let tally: Tally;
let stored: RecordingResults;
let results: ResultsWriter;

beforeEach(() => {
  tally = new Tally();
  stored = new RecordingResults();
  results = tally.counting(stored);
});

/** What the counts leave as pending; must be what the tally says is pending, at every moment. */
function pending(): number {
  const { total = 0, done, classified, rejected } = tally.counts;
  return total - done - classified - rejected;
}

describe('the tally', () => {
  it('accounts for every image at every moment', async () => {
    for (const key of ['a', 'b', 'c']) tally.add('drop', key);
    tally.skip('classified');
    tally.end();
    expect([pending(), tally.pending.size]).toEqual([3, 3]);
    await results.append([classifiedRow('a')]);
    expect([pending(), tally.pending.size]).toEqual([2, 2]);
    await results.append([rejectedRow('b', { reason: 'truncated' }), classifiedRow('c')]);
    expect(tally.counts).toEqual({
      total: 4,
      done: 1,
      classifiedBefore: 1,
      classified: 2,
      rejected: 1,
      reasons: new Map([['truncated', 1]]),
    });
    expect([pending(), tally.pending.size]).toEqual([0, 0]);
  });

  it('counts a row that comes twice once, and one of another run not at all', async () => {
    tally.add('drop', 'a');
    await results.append([classifiedRow('a'), classifiedRow('a')]);
    await results.append([classifiedRow('a'), classifiedRow('of another run')]);
    expect(tally.counts).toMatchObject({ classified: 1 });
  });

  it('counts an image that changes while it is on its way once', () => {
    tally.add('drop', 'a');
    tally.add('drop', 'a');
    tally.end();
    expect(tally.counts.total).toBe(1);
  });

  it('counts nothing that was not stored', async () => {
    tally.add('drop', 'a');
    stored.fault = new Error('the disk is full');
    await expect(results.append([classifiedRow('a')])).rejects.toThrow('the disk is full');
    expect(tally.counts.classified).toBe(0);
  });

  it('knows no total before a listing has ended, and never one below what it has seen', () => {
    tally.add('drop', 'a');
    expect(tally.counts.total).toBeUndefined();
    tally.expect(0);
    expect(tally.counts.total).toBe(1);
    tally.expect(10);
    expect(tally.counts.total).toBe(10);
    tally.end();
    expect(tally.counts.total).toBe(1);
    tally.expect(10);
    expect(tally.counts.total).toBe(1);
  });
});
