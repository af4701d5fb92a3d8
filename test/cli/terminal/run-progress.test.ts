import { describe, expect, it } from 'vitest';
import type { Counts } from '../../../cli/engine/run/tally.ts';
import { duration } from '../../../cli/terminal/duration.ts';
import { Pace, progressText } from '../../../cli/terminal/run-progress.ts';

const counts = (own: Partial<Counts>): Counts => ({
  total: 200,
  done: 0,
  classifiedBefore: 0,
  classified: 0,
  rejected: 0,
  reasons: new Map(),
  deleted: 0,
  ...own,
});

describe('progress', () => {
  it('shows the count, the rate, the remaining time and the rejected images', () => {
    const pace = new Pace(0);
    const now = counts({ done: 20, classified: 97, rejected: 3 });
    pace.update(now, 4000);
    expect(progressText(now, pace)).toBe('120/200 images, 25/s, 3.2s left, 3 rejected');
  });

  it('counts no image in the rate that was finished before the clock started', () => {
    const pace = new Pace(0, 100);
    pace.update(counts({ rejected: 100 }), 1000);
    expect(pace.rate).toBeUndefined();
    pace.update(counts({ rejected: 100, classified: 20 }), 2000);
    expect(pace.rate).toBe(10);
  });

  it('keeps the rate and counts the time down between two parts', () => {
    const pace = new Pace(0);
    const now = counts({ classified: 100 });
    pace.update(now, 4000);
    pace.update(now, 5000);
    expect(progressText(now, pace)).toBe('100/200 images, 25/s, 3s left');
  });

  it('shows no remaining time once the estimate is used up, instead of 0 ms', () => {
    const pace = new Pace(0);
    const now = counts({ classified: 199 });
    pace.update(now, 4000);
    pace.update(now, 6000);
    expect(progressText(now, pace)).toBe('199/200 images, 50/s');
  });

  it('shows no remaining time while no part is stored for much longer than before', () => {
    const pace = new Pace(0);
    const now = counts({ classified: 1 });
    pace.update(now, 1000);
    pace.update(now, 15_000);
    expect(progressText(now, pace)).toBe('1/200 images, 1.0/s, 3m 5s left');
    pace.update(now, 17_000);
    expect(progressText(now, pace)).toBe('1/200 images, 1.0/s');
  });

  it('shows what it waits for instead of a remaining time', () => {
    const pace = new Pace(0);
    const now = counts({ classified: 100, rejected: 1 });
    pace.update(now, 4000);
    const silence = { service: 'http://127.0.0.1:9000', request: 'GetObject', ms: 40_700 };
    expect(progressText(now, pace, silence)).toBe(
      '101/200 images, 25/s, 1 rejected, waiting for http://127.0.0.1:9000 for 40s',
    );
  });

  it('shows no rate before the first part, and no remaining time before the total is known', () => {
    expect(progressText(counts({}), new Pace(0))).toBe('0/200 images');
    const pace = new Pace(0);
    const now = counts({ total: undefined, classified: 5 });
    pace.update(now, 1000);
    expect(progressText(now, pace)).toBe('5/? images, 5.0/s');
  });
});

describe('duration', () => {
  it.each([
    [0, '0ms'],
    [850.4, '850ms'],
    [4200, '4.2s'],
    [59_600, '59s'],
    [200_000, '3m 20s'],
    [7_500_000, '2h 5m'],
  ])('of %i ms reads %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
