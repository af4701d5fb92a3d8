import { amount } from '../../jobs/cost/line.ts';
import type { Worker } from '../../jobs/cost/workload.ts';
import { countOf } from './count-of.ts';

/** The workers of a job and their market. */
export function workersOf(worker: Worker, workers: number): string {
  if (worker.kind === 'lambda') return countOf(workers, 'CPU function');
  return `${workers} ${worker.instance}, ${market(worker.spotShare)}`;
}

function market(spotShare: number): string {
  if (spotShare === 1) return 'on Spot';
  return spotShare === 0 ? 'on demand' : `${amount(spotShare * 100)} % on Spot`;
}
