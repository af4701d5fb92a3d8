import { expect, it } from 'vitest';
import { gpuWorker, workloadOf } from '../../jobs/cost/workload.ts';
import { byWorkers } from '../../plan/by-workers.ts';

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
