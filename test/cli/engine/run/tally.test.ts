import { beforeEach, describe, expect, it } from 'vitest';
import { Tally } from '../../../../cli/engine/run/tally.ts';
import type { ResultsWriter } from '../../../../shared/rows/results-writer.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { classifiedRow, deletedRow, rejectedRow, storedRegion } from '../../../support/result-rows.ts';

let tally: Tally;
let stored: RecordingResults;
let results: ResultsWriter;

beforeEach(() => {
  tally = new Tally();
  stored = new RecordingResults();
  results = tally.counting(stored);
});

/** Pending images according to the counts; must always equal `tally.pending`. */
function pending(): number {
  const { total = 0, done, classified, rejected } = tally.counts;
  return total - done - classified - rejected;
}

const noon = new Date('2026-03-01T12:00:00Z');
const later = new Date('2026-03-01T13:00:00Z');
const upload = (key: string, eventTime = noon) => ({ kind: 'created', bucket: 'drop', key, eventTime }) as const;

describe('Tally', () => {
  it('accounts for every image at any time', async () => {
    for (const key of ['a', 'b', 'c']) tally.add(upload(key));
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
      deleted: 0,
      labels: new Map([['n01440764', { label_id: 'n01440764', label: 'tench', count: 2 }]]),
      regions: { kept: 0, images: 0, labels: new Map() },
      skipped: new Map(),
    });
    expect([pending(), tally.pending.size]).toEqual([0, 0]);
  });

  it('counts the regions of a repeated row once, by their labels', async () => {
    const goldfish = { label: 'goldfish', label_id: 'n01443537' };
    const row = classifiedRow('a', { regions: [storedRegion(goldfish), storedRegion({ ...goldfish, x: 1 })] });
    for (const key of ['a', 'b']) tally.add(upload(key));
    await results.append([row, row, classifiedRow('b', { regions: [] }), classifiedRow('other', { regions: [] })]);
    expect(tally.counts.regions).toEqual({
      ...{ kept: 2, images: 1 },
      labels: new Map([['n01443537', { ...goldfish, count: 2 }]]),
    });
  });

  it('counts a repeated row once, and ignores rows of another run', async () => {
    tally.add(upload('a'));
    await results.append([classifiedRow('a'), classifiedRow('a')]);
    await results.append([classifiedRow('a'), classifiedRow('of another run')]);
    expect(tally.counts).toMatchObject({ classified: 1 });
  });

  it('counts an image that is overwritten while in progress once', () => {
    tally.add(upload('a'));
    tally.add(upload('a'));
    tally.end();
    expect(tally.counts.total).toBe(1);
  });

  it('counts deletions separately, and not an image that was deleted while in progress', async () => {
    for (const key of ['a', 'b']) tally.add(upload(key));
    tally.add({ ...upload('gone before'), kind: 'deleted' });
    expect([tally.counts.total, tally.pending.size]).toEqual([undefined, 2]);
    const deletions = ['a', 'gone before'].map((key) => deletedRow(key, { event_time: later }));
    await results.append([...deletions, ...deletions, classifiedRow('b')]);
    await results.append([classifiedRow('a')]); // its crop was already in progress
    tally.end();
    expect(tally.counts).toMatchObject({ total: 1, classified: 1, rejected: 0, deleted: 2 });
    expect([pending(), tally.complete]).toEqual([0, true]);
  });

  it('corrects the total if an image is deleted after the listing ended', async () => {
    for (const key of ['a', 'b']) tally.add(upload(key));
    tally.end();
    await results.append([deletedRow('a', { event_time: later })]);
    expect([tally.counts.total, pending(), tally.pending.size]).toEqual([1, 1, 1]);
  });

  it('waits for an image that was uploaded again after its deletion', async () => {
    tally.add(upload('a'));
    tally.add(upload('a', new Date(later.getTime() + 1)));
    await results.append([deletedRow('a', { event_time: later })]);
    expect(tally.pending.size).toBe(1);
    await results.append([classifiedRow('a')]);
    expect(tally.counts).toMatchObject({ classified: 1, deleted: 1 });
  });

  it('does not count rows that could not be stored', async () => {
    tally.add(upload('a'));
    stored.fault = new Error('the disk is full');
    await expect(results.append([classifiedRow('a')])).rejects.toThrow('the disk is full');
    expect(tally.counts.classified).toBe(0);
  });

  it('has no total before the listing ends, and never a total below the listed images', () => {
    tally.add(upload('a'));
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
