import type { Transport } from '../../shared/crops/transport.ts';
import {
  classifyCores,
  defaultImagesPerWorker,
  defaultIngestConcurrency,
  defaultMaxFunctions,
  defaultMaxWorkers,
  defaultMessageDays,
  megabytesPerCore,
  messagesPerBatch,
  messagesPerBatchWithRegions,
  messagesPerInvocation,
} from '../../shared/deployment/defaults.ts';
import type { CpuInstance, GpuInstance } from '../../shared/deployment/priced-instances.ts';
import { assumptions, gpuRate } from './assumptions.ts';

/** Crops per second of one worker. */
export interface Speed {
  readonly rate: number;
  /** The source of the rate. */
  readonly rateFrom: string;
}

interface Instance extends Speed {
  /** Share of its hours on Spot, 0 to 1; the rest is on demand. */
  readonly spotShare: number;
}

/** What classifies: a GPU instance, a CPU instance or a CPU function. */
export type Worker =
  | (Instance & { readonly kind: 'gpu'; readonly instance: GpuInstance })
  | (Instance & { readonly kind: 'cpu'; readonly instance: CpuInstance })
  | (Speed & { readonly kind: 'lambda' });

/** What the size of crops and rows depends on. */
export interface NetworkSize {
  /** Of the input, pixels. */
  readonly height: number;
  readonly width: number;
  /** Numbers of an embedding. */
  readonly embeddingSize: number;
}

/** Of the default model. */
export const googlenetSize: NetworkSize = { height: 224, width: 224, embeddingSize: 1024 };

/** The images to classify, and how. */
export interface Workload {
  readonly images: number;
  /** Average file size. */
  readonly bytes: number;
  /** Average. */
  readonly megapixels: number;
  /** Crops per image. */
  readonly crops: number;
  /** Regions per image that are classified besides; 0 for none. */
  readonly regions: number;
  readonly transport: Transport;
  /** Messages per invocation of the ingest function. */
  readonly ingestBatch: number;
  /** Memory of the ingest function, MB. */
  readonly ingestMemory: number;
  /** Ingest functions at the same time, at most. */
  readonly ingestConcurrency: number;
  /** Days that messages with crops are kept in the queue. */
  readonly messageDays: number;
  readonly worker: Worker;
  readonly workers: number;
  readonly network: NetworkSize;
  /** Whether the images are listed first. */
  readonly listed: boolean;
}

/** File size of the test photos, 500 × 375 pixels. */
const defaultBytes = 110_000;

/** Fills in the defaults of a deployment. */
export function workloadOf({ images, ...given }: Partial<Workload> & Pick<Workload, 'images'>): Workload {
  const { bytes = defaultBytes, regions = 0, crops = 1, worker = gpuWorker('g6.xlarge') } = given;
  return {
    bytes,
    megapixels: bytes / assumptions.bytesPerPixel.value / 1e6,
    regions,
    transport: 'auto',
    ingestBatch: regions > 0 ? messagesPerBatchWithRegions : messagesPerBatch,
    ingestMemory: megabytesPerCore,
    ingestConcurrency: defaultIngestConcurrency,
    messageDays: defaultMessageDays,
    workers: defaultWorkers({ images, crops, regions, worker }),
    network: googlenetSize,
    listed: false,
    ...given,
    ...{ images, crops, worker },
  };
}

/** Workers that a deployment with default settings starts for images that arrive together. */
export function defaultWorkers({ images, worker, ...crops }: WorkersOfJob): number {
  const [perWorker, maximum] =
    worker.kind === 'lambda'
      ? [messagesPerInvocation(cropsInAll(crops)), defaultMaxFunctions]
      : [defaultImagesPerWorker, defaultMaxWorkers];
  return Math.min(maximum, Math.max(1, Math.ceil(images / perWorker)));
}

type WorkersOfJob = Pick<Workload, 'images' | 'crops' | 'regions' | 'worker'>;

/** A GPU worker; by default on Spot, at the assumed speed. */
export function gpuWorker(
  instance: GpuInstance,
  { spotShare = 1, rate = gpuRate.value, rateFrom = gpuRate.from }: Partial<Omit<Instance, 'instance'>> = {},
): Worker {
  return { kind: 'gpu', instance, spotShare, rate, rateFrom };
}

/** A CPU function; by default with the float model, at the assumed speed. */
export function lambdaWorker({ rate, rateFrom }: Speed = assumedFunction): Worker {
  return { kind: 'lambda', rate, rateFrom };
}

const assumedFunction: Speed = {
  rate: classifyCores * assumptions.floatRate.value,
  rateFrom: `${classifyCores} cores; ${assumptions.floatRate.from}`,
};

/** Crops per image that the network runs on, those of its regions included. */
export function cropsInAll({ crops, regions }: Pick<Workload, 'crops' | 'regions'>): number {
  return crops + regions;
}
