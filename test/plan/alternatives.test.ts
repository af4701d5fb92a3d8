import { expect, it } from 'vitest';
import { gpuWorker, workloadOf } from '../../jobs/cost/workload.ts';
import { byInstance, byWorkers } from '../../plan/alternatives.ts';

it('compute hours are divided by the workers, after the start', () => {
  const job = workloadOf({ images: 694 * 3600 * 8, worker: gpuWorker('g6.xlarge', { rate: 694 }), workers: 3 });
  expect(byWorkers(job).map(({ workers: count, hours }) => [count, Number(hours.toFixed(4))])).toEqual([
    [1, 8.0833],
    [2, 4.0833],
    [3, 2.75],
    [4, 2.0833],
    [8, 1.0833],
  ]);
});

it('every instance costs less on Spot, and a given rate applies to its own instance only', () => {
  const rows = byInstance(workloadOf({ images: 1e6, worker: gpuWorker('g5.xlarge', { rate: 1000 }) }));
  expect(rows.map(({ instance, rate }) => [instance, rate])).toEqual([
    ['g4dn.xlarge', 694],
    ['g5.xlarge', 1000],
    ['g6.xlarge', 694],
  ]);
  for (const { onDemand, spot } of rows) {
    expect(spot.dollars).toBeLessThan(onDemand.dollars);
    expect(onDemand.allIn - spot.allIn).toBeCloseTo(onDemand.dollars - spot.dollars, 9);
  }
});
