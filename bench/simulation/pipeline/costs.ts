import { estimate } from '../../../jobs/cost/estimate.ts';
import { gpuWorker, lambdaWorker, workloadOf } from '../../../jobs/cost/workload.ts';
import { workerDiskGiB } from '../../../shared/deployment/defaults.ts';
import type { GpuInstance } from '../../../shared/deployment/priced-instances.ts';
import {
  addressPrices,
  hoursPerMonth,
  instancePrices,
  lambdaPrices,
  spotPrices,
  volumePrices,
} from '../../../shared/deployment/prices.ts';
import type { WorkersDefinition } from '../template/workers.ts';
import { instanceTypeOf } from './instance-type.ts';
import type { SimulationState } from './state.ts';

export interface Costs {
  /** Hours of GPU instances, from their start to their end. */
  readonly instanceHours: number;
  /** Hours of GPU instances without work: they boot, pull the image, load the model, or wait. */
  readonly idleHours: number;
  readonly idleDollars: number;
  readonly dollars: number;
}

/** What a simulation has cost so far: the arithmetic of `plan`, with the simulated hours and invocations. */
export function costsOf({ deployment, service, instances, classify, progress, ingest }: SimulationState): Costs {
  const { workers } = deployment;
  const instanceHours = (instances?.billedSeconds ?? 0) / 3600;
  const idleHours = instanceHours - (service?.busySeconds ?? 0) / 3600;
  const perHour = workers ? dollarsPerHour(instanceTypeOf(workers), workers) : 0;
  const ofFunction = classify
    ? classify.invocations * lambdaPrices.request +
      classify.billedSeconds * (classify.definition.memoryMegabytes / 1024) * lambdaPrices.gbSecond
    : 0;
  const images = progress.rows;
  const messageDays = deployment.crops.retentionSeconds / 86_400;
  const ingestBatch = Math.max(1, Math.round(images / Math.max(1, ingest.invocations)));
  const worker = workers ? gpuWorker(instanceTypeOf(workers), { spotShare: workers.spotShare }) : lambdaWorker();
  const job = workloadOf({ images, worker, messageDays, ingestBatch, ingestMemory: deployment.ingest.memoryMegabytes });
  const otherLines = images === 0 ? [] : estimate(job).lines.filter(({ part }) => part !== 'classify');
  return {
    instanceHours,
    idleHours,
    idleDollars: idleHours * perHour,
    dollars: instanceHours * perHour + ofFunction + otherLines.reduce((sum, { dollars }) => sum + dollars, 0),
  };
}

/** A GPU instance with its volume and its address. */
function dollarsPerHour(type: GpuInstance, { spotShare }: WorkersDefinition): number {
  const instance = spotShare * spotPrices.hour[type] + (1 - spotShare) * instancePrices[type].hour;
  return instance + addressPrices.hour + (workerDiskGiB * volumePrices.gbMonth) / hoursPerMonth;
}
