import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { countProgress } from '../../../cli/terminal/count-progress.ts';

describe('progress of work that counts, elsewhere than on a terminal', () => {
  let said: string[];
  beforeEach(() => {
    vi.useFakeTimers();
    said = [];
    vi.spyOn(console, 'error').mockImplementation((line: string) => said.push(line));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('is a line every ten seconds with the rate and the time left', () => {
    const progress = countProgress('indexed');
    for (let done = 0; done <= 2500; done += 100) {
      progress.show(done, 5000);
      vi.advanceTimersByTime(1000);
    }
    expect(said).toEqual(['1000/5000 images indexed, 100/s, 40 s left', '2000/5000 images indexed, 100/s, 30 s left']);
  });

  it('is nothing for what takes a moment, however long it was waited for', () => {
    const progress = countProgress('compared');
    vi.advanceTimersByTime(60_000);
    progress.show(0, 10);
    vi.advanceTimersByTime(500);
    progress.show(10, 10);
    progress.stop();
    expect(said).toEqual([]);
  });
});
