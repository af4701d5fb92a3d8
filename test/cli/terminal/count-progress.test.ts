import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { countProgress } from '../../../cli/terminal/count-progress.ts';

describe('countProgress without a terminal', () => {
  let lines: string[];
  beforeEach(() => {
    vi.useFakeTimers();
    lines = [];
    vi.spyOn(console, 'error').mockImplementation((line: string) => lines.push(line));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('prints a line every ten seconds with the rate and the remaining time', () => {
    const progress = countProgress('indexed');
    for (let done = 0; done <= 2500; done += 100) {
      progress.show(done, 5000);
      vi.advanceTimersByTime(1000);
    }
    expect(lines).toEqual(['1000/5000 images indexed, 100/s, 40s left', '2000/5000 images indexed, 100/s, 30s left']);
  });

  it('prints nothing for short work', () => {
    const progress = countProgress('compared');
    vi.advanceTimersByTime(60_000);
    progress.show(0, 10);
    vi.advanceTimersByTime(500);
    progress.show(10, 10);
    progress.stop();
    expect(lines).toEqual([]);
  });
});
