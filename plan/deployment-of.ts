import {
  defaultImagesPerWorker,
  defaultIngestConcurrency,
  defaultMaxFunctions,
  defaultMaxWorkers,
  defaultMessageDays,
} from '../shared/deployment/defaults.ts';
import { instanceCpus } from '../shared/deployment/priced-instances.ts';
import type { PlanOption } from './options.ts';

/** Minimum of the setting `imagesPerWorker`. */
const minImagesPerWorker = 100;

/** The quota of EC2 that a deployment needs. */
export interface NeededQuota {
  readonly vCpus: number;
  readonly name: string;
  readonly code: string;
}

/**
 * The settings of a stage that classifies as an option assumes; omitted ones are the defaults.
 * @param folder of the model directory
 * @param bucket of the images, if it exists
 */
export function settingsOf(
  { name, estimate: { job } }: PlanOption,
  folder: string,
  bucket?: string,
): Readonly<Record<string, unknown>> {
  const { worker, workers, images, crops, regions, transport, messageDays, ingestConcurrency } = job;
  const isFunction = worker.kind === 'lambda';
  // Half of each worker's share, so that all start while the images still arrive; maxWorkers limits their number.
  const imagesPerWorker = Math.max(minImagesPerWorker, Math.floor(images / workers / 2));
  const onInstances = isFunction
    ? {}
    : {
        instanceTypes: [name],
        ...(worker.spotShare === 1 ? {} : { spotPercent: Math.round(worker.spotShare * 100) }),
        ...(workers > 1 && imagesPerWorker < defaultImagesPerWorker ? { imagesPerWorker } : {}),
      };
  return {
    model: folder,
    classifier: worker.kind,
    ...onInstances,
    ...(workers === (isFunction ? defaultMaxFunctions : defaultMaxWorkers) ? {} : { maxWorkers: workers }),
    ...(ingestConcurrency === defaultIngestConcurrency ? {} : { ingestConcurrency }),
    ...(crops === 1 ? {} : { crops }),
    ...(regions === 0 ? {} : { regions }),
    ...(transport === 'auto' ? {} : { transport }),
    ...(messageDays === defaultMessageDays ? {} : { messageDays }),
    ...(bucket === undefined ? {} : { dropBucket: bucket }),
  };
}

/** The quotas of EC2 for the instances of an option; none for functions. */
export function quotasOf({ estimate: { job } }: PlanOption): NeededQuota[] {
  const { worker, workers } = job;
  if (worker.kind === 'lambda') return [];
  const vCpus = instanceCpus[worker.instance] * workers;
  const [spot, onDemand] = quotas[worker.kind];
  return [
    ...(worker.spotShare > 0 ? [{ vCpus, ...spot }] : []),
    ...(worker.spotShare < 1 ? [{ vCpus, ...onDemand }] : []),
  ];
}

const quotas = {
  gpu: [
    { name: 'All G and VT Spot Instance Requests', code: 'L-3819A6DF' },
    { name: 'Running On-Demand G and VT instances', code: 'L-DB2E81BA' },
  ],
  cpu: [
    { name: 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests', code: 'L-34B43A08' },
    { name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances', code: 'L-1216C47A' },
  ],
} as const;
