import { assumptions } from '../../../jobs/cost/assumptions.ts';
import { sentCrops } from '../../../jobs/cost/crops-lines.ts';
import { batchWaitMs, imageMs } from '../../../jobs/cost/ingest-lines.ts';
import { gpuWorker, workloadOf } from '../../../jobs/cost/workload.ts';
import type { Deployment } from '../template/deployment.ts';
import type { WorkersDefinition } from '../template/workers.ts';
import { instanceTypeOf } from './instance-type.ts';

/** Seconds that an invocation of ingest with a number of images takes, by the arithmetic of `plan`. */
export function ingestSeconds({ ingest }: Deployment): (images: number) => number {
  const known = new Map<number, number>();
  return (images) => {
    const seconds = known.get(images) ?? secondsOf(images, ingest.memoryMegabytes);
    known.set(images, seconds);
    return seconds;
  };
}

function secondsOf(images: number, ingestMemory: number): number {
  const job = workloadOf({ images, ingestBatch: images, ingestMemory });
  return (batchWaitMs(sentCrops(job)) + images * imageMs(job)) / 1000;
}

/** Crops per second of a worker. */
export function workerRate(workers: WorkersDefinition): number {
  return gpuWorker(instanceTypeOf(workers)).rate;
}

/** Seconds that an invocation of the classify function takes; its cores work in parallel. */
export function classifySeconds(memoryMegabytes: number, rate: number = assumptions.floatRate.value) {
  const cores = memoryMegabytes / assumptions.megabytesPerCore.value;
  return (images: number) => (2 * assumptions.answerMs.value) / 1000 + images / (rate * cores);
}
