import { estimate } from '../jobs/cost/estimate.ts';
import type { Workload } from '../jobs/cost/workload.ts';

export interface WorkersAlternative {
  readonly workers: number;
  readonly hours: number;
  readonly dollars: number;
}

/** The same job with other numbers of workers, including its own. */
export function byWorkers(job: Workload): WorkersAlternative[] {
  const counts = [...new Set([1, 2, 4, 8, job.workers])].toSorted((a, b) => a - b);
  return counts.map((workers) => {
    const { hours, dollars } = estimate({ ...job, workers });
    return { workers, hours, dollars };
  });
}
