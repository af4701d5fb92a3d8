import { estimate } from '../jobs/cost/estimate.ts';
import { computeHours, startHours } from '../jobs/cost/worker-lines.ts';
import type { Workload } from '../jobs/cost/workload.ts';
import { defaultIngestConcurrency, maxWorkersLimit } from '../shared/deployment/defaults.ts';

/** Concurrent functions of an account in a region, unless AWS raised the quota L-B99A9384. */
export const accountFunctions = 1000;

/** Minimum that Lambda allows for a queue. */
export const minFunctions = 2;

/** The problem of workers that take longer to start than the deadline. */
export const startsLate = 'does not start in time';

/** How a job meets a deadline, or comes closest to it. */
export interface Deadline {
  readonly workers: number;
  /** Concurrent ingest functions. */
  readonly ingestConcurrency: number;
  /** Why the deadline cannot be met. */
  readonly problem?: string;
}

/**
 * The fewest workers that finish a job in time, within the limits of a deployment and of an account. The workers start with
 * the first crops and ingest must be done in the time in which they compute.
 * @param deadlineHours undefined for the workers of the job
 */
export function fitDeadline(job: Workload, deadlineHours: number | undefined): Deadline {
  const isFunction = job.worker.kind === 'lambda';
  const minimum = isFunction ? minFunctions : 1;
  const asGiven = { workers: Math.max(minimum, job.workers), ingestConcurrency: defaultIngestConcurrency };
  if (deadlineHours === undefined) return asGiven;
  const available = deadlineHours - startHours(job.worker);
  if (available <= 0) return { ...asGiven, problem: startsLate };

  const needed = Math.max(minimum, wholeCount(computeHours(job) / available));
  const ingests = Math.max(defaultIngestConcurrency, wholeCount(estimate(job).ingestHours / available));
  const most = isFunction ? Math.min(maxWorkersLimit, accountFunctions - ingests) : maxWorkersLimit;
  if (ingests > accountFunctions - (isFunction ? minimum : 0)) {
    const problem = `needs ${ingests.toLocaleString('en')} ingest functions, and an account has ${accountFunctions.toLocaleString('en')}`;
    return { workers: Math.min(needed, maxWorkersLimit), ingestConcurrency: accountFunctions - minimum, problem };
  }
  if (needed > most) {
    const problem = `needs ${needed.toLocaleString('en')} workers of at most ${most}`;
    return { workers: most, ingestConcurrency: ingests, problem };
  }
  return { workers: needed, ingestConcurrency: ingests };
}

/** Rounds up, but not for the rounding error of a difference of hours. */
function wholeCount(value: number): number {
  return Math.ceil(value * (1 - 1e-9));
}
