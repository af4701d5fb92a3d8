import { expect, it } from 'vitest';
import { gpuWorker, workloadOf } from '../../jobs/cost/workload.ts';
import { byWorkers } from '../../plan/by-workers.ts';

const job = workloadOf({ images: 694 * 3600 * 8, worker: gpuWorker('g6.xlarge', { rate: 694 }), workers: 3 });

it('compute hours are divided by the workers, after the start', () => {
  expect(hoursByWorkers(500)).toEqual([
    [1, 8.0833],
    [2, 4.0833],
    [3, 2.75],
    [4, 2.0833],
    [8, 1.0833],
  ]);
});

it('no number of workers is faster than ingest', () => {
  expect(hoursByWorkers(50)).toEqual([
    [1, 8.0833],
    [2, 4.0833],
    [3, 2.75],
    [4, 2.0833],
    [8, 1.1556],
  ]);
});

function hoursByWorkers(ingestConcurrency: number): [number, number][] {
  const alternatives = byWorkers({ ...job, ingestConcurrency });
  return alternatives.map(({ workers, hours }) => [workers, Number(hours.toFixed(4))]);
}
