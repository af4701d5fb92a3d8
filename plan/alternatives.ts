import { estimate } from '../jobs/cost/estimate.ts';
import { gpuWorker, type Workload } from '../jobs/cost/workload.ts';
import { type GpuInstance, gpuInstances, instancePrices, spotPrices } from '../shared/deployment/prices.ts';

export interface WorkersAlternative {
  readonly workers: number;
  readonly hours: number;
  /** All in. */
  readonly dollars: number;
}

/** The same job with other numbers of workers, its own among them. */
export function byWorkers(job: Workload): WorkersAlternative[] {
  const counts = [...new Set([1, 2, 4, 8, job.workers])].toSorted((a, b) => a - b);
  return counts.map((workers) => {
    const { hours, dollars } = estimate({ ...job, workers });
    return { workers, hours, dollars };
  });
}

export interface InstanceAlternative {
  readonly instance: GpuInstance;
  /** Crops a second of one worker. */
  readonly rate: number;
  /** Of all workers together, start and end included. */
  readonly hours: number;
  /** What its GPU instances alone cost, and all in. */
  readonly onDemand: { readonly hour: number; readonly dollars: number; readonly allIn: number };
  readonly spot: { readonly hour: number; readonly dollars: number; readonly allIn: number };
}

/** The same job on each type of instance, on both markets. A rate of one's own is that of the job's instance alone. */
export function byInstance(job: Workload): InstanceAlternative[] {
  const { worker } = job;
  return gpuInstances.map((instance) => {
    const rate = worker.kind === 'gpu' && worker.instance === instance ? worker.rate : undefined;
    const on = (spotShare: number) => estimate({ ...job, worker: gpuWorker(instance, { spotShare, rate }) });
    const { workerHours: hours, dollars: allInOnDemand, job: asked } = on(0);
    const [demandHour, spotHour] = [instancePrices.onDemand[instance], spotPrices.hour[instance]];
    return {
      instance,
      rate: asked.worker.rate,
      hours,
      onDemand: { hour: demandHour, dollars: hours * demandHour, allIn: allInOnDemand },
      spot: { hour: spotHour, dollars: hours * spotHour, allIn: on(1).dollars },
    };
  });
}
