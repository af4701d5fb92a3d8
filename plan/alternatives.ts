import { estimate } from '../jobs/cost/estimate.ts';
import { gpuWorker, type Workload } from '../jobs/cost/workload.ts';
import { type GpuInstance, gpuInstances, instancePrices, spotPrices } from '../shared/deployment/prices.ts';

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

export interface InstanceAlternative {
  readonly instance: GpuInstance;
  /** Crops per second of one worker. */
  readonly rate: number;
  /** Of all workers together, including start and idle time. */
  readonly hours: number;
  /** Cost of the GPU instances only, and in total. */
  readonly onDemand: { readonly hour: number; readonly dollars: number; readonly allIn: number };
  readonly spot: { readonly hour: number; readonly dollars: number; readonly allIn: number };
}

/** The same job on each instance type and market. A given rate applies to the job's own instance type only. */
export function byInstance(job: Workload): InstanceAlternative[] {
  const { worker } = job;
  return gpuInstances.map((instance) => {
    const rate = worker.kind === 'gpu' && worker.instance === instance ? worker.rate : undefined;
    const on = (spotShare: number) => estimate({ ...job, worker: gpuWorker(instance, { spotShare, rate }) });
    const { workerHours: hours, dollars: allInOnDemand, job: priced } = on(0);
    const [demandHour, spotHour] = [instancePrices.onDemand[instance], spotPrices.hour[instance]];
    return {
      instance,
      rate: priced.worker.rate,
      hours,
      onDemand: { hour: demandHour, dollars: hours * demandHour, allIn: allInOnDemand },
      spot: { hour: spotHour, dollars: hours * spotHour, allIn: on(1).dollars },
    };
  });
}
