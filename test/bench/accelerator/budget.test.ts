import { describe, expect, it } from 'vitest';
import { Budget, planBatches } from '../../../bench/accelerator/budget.ts';

describe('Budget', () => {
  it('gives each measurement its share of what is left, by weight', () => {
    let now = 1000;
    const budget = new Budget(11_000, () => now);
    expect(budget.deadlineOf(1, [1, 1, 3])).toBe(3000);
    now = 1500;
    expect(budget.deadlineOf(1, [1, 3])).toBe(1500 + 9500 / 4);
    expect(budget.deadlineOf(3, [3])).toBe(11_000);
  });

  it('has nothing left after the deadline', () => {
    const budget = new Budget(1000, () => 2000);
    expect(budget.leftMs).toBe(0);
    expect(budget.deadlineOf(1, [1, 1])).toBe(2000);
  });
});

describe('planBatches', () => {
  const gpu = { msPerImage: 2, parallel: 2, measureMs: 3000 };

  it('takes all batch sizes if there is time, in ascending order', () => {
    expect(planBatches([64, 1, 8], { ...gpu, leftMs: 60_000 })).toEqual({ sizes: [1, 8, 64], skipped: [] });
  });

  it('skips the batch sizes that may take longer than what is left, with both times', () => {
    // A software renderer: 15 seconds an image.
    const plan = planBatches([1, 2, 8], { msPerImage: 15_000, parallel: 1, measureMs: 3000, leftMs: 50_000 });
    expect(plan.sizes).toEqual([1]);
    expect(plan.skipped).toEqual([
      { batch: 2, reason: 'may take 60 s, 20 s left; give more --minutes' },
      { batch: 8, reason: 'may take 240 s, 20 s left; give more --minutes' },
    ]);
  });

  it('skips every larger size after one that does not fit, so that rates are comparable', () => {
    const { sizes } = planBatches([1, 512, 8], { ...gpu, leftMs: 6100 });
    expect(sizes).toEqual([1, 8]);
  });
});
