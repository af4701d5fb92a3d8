import { describe, expect, it } from 'vitest';
import type { Counts } from '../../../cli/engine/run/tally.ts';
import { Pace, progressText } from '../../../cli/terminal/progress.ts';
import { duration } from '../../../cli/terminal/words.ts';

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
  it('says how many, how fast, how long and how many rejected', () => {
    const pace = new Pace(0);
    const now = counts({ done: 20, classified: 97, rejected: 3 });
    pace.see(now, 4000);
    expect(progressText(now, pace)).toBe('120/200 images, 25/s, 3.2 s left, 3 rejected');
  });

  it('keeps the rate and lets the time run down while nothing more is counted', () => {
    const pace = new Pace(0);
    const now = counts({ classified: 100 });
    pace.see(now, 4000);
    pace.see(now, 5000);
    expect(progressText(now, pace)).toBe('100/200 images, 25/s, 3.0 s left');
  });

  it('names no rate before anything was counted and no time left before the total is known', () => {
    expect(progressText(counts({}), new Pace(0))).toBe('0/200 images');
    const pace = new Pace(0);
    const now = counts({ total: undefined, classified: 5 });
    pace.see(now, 1000);
    expect(progressText(now, pace)).toBe('5/? images, 5.0/s');
  });
});

describe('duration', () => {
  it.each([
    [0, '0 ms'],
    [850.4, '850 ms'],
    [4200, '4.2 s'],
    [9960, '10 s'],
    [59_600, '1 min 0 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
  ])('of %i ms reads %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
