import type { Transport } from '../../shared/crops/transport.ts';
import {
  defaultImagesPerWorker,
  defaultMaxWorkers,
  defaultMessageDays,
  megabytesPerCore,
  messagesPerBatch,
  messagesPerBatchWithRegions,
} from '../../shared/deployment/defaults.ts';
import type { GpuInstance } from '../../shared/deployment/prices.ts';
import { assumptions, gpuRates } from './assumptions.ts';

/** The kind of worker that classifies: a GPU instance or a CPU function. */
export type Worker =
  | {
      readonly kind: 'gpu';
      readonly instance: GpuInstance;
      /** Share of its hours on Spot, 0 to 1; the rest is on demand. */
      readonly spotShare: number;
      /** Crops per second of one worker. */
      readonly rate: number;
    }
  | { readonly kind: 'lambda'; readonly rate: number };

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
  /** Days that messages with crops are kept in the queue. */
  readonly messageDays: number;
  readonly worker: Worker;
  readonly workers: number;
  /** Bytes per row of the results. */
  readonly rowBytes: number;
  /** Whether the images are listed first. */
  readonly listed: boolean;
}

/** File size of the test photos, 500 × 375 pixels. */
const defaultBytes = 110_000;

/** Fills in the defaults of a deployment. */
export function workloadOf({ images, ...given }: Partial<Workload> & Pick<Workload, 'images'>): Workload {
  const { bytes = defaultBytes, regions = 0 } = given;
  return {
    bytes,
    megapixels: bytes / assumptions.bytesPerPixel.value / 1e6,
    crops: 1,
    regions,
    transport: 'auto',
    ingestBatch: regions > 0 ? messagesPerBatchWithRegions : messagesPerBatch,
    ingestMemory: megabytesPerCore,
    messageDays: defaultMessageDays,
    worker: gpuWorker('g6.xlarge'),
    workers: defaultWorkers(images),
    rowBytes: assumptions.rowBytes.value,
    listed: false,
    ...given,
    images,
  };
}

/** Workers that a deployment with default settings starts for images that arrive together. */
export function defaultWorkers(images: number): number {
  return Math.min(defaultMaxWorkers, Math.max(1, Math.ceil(images / defaultImagesPerWorker)));
}

/** A GPU worker; by default on Spot, at the assumed speed. */
export function gpuWorker(
  instance: GpuInstance,
  { spotShare = 1, rate = gpuRates[instance] }: { spotShare?: number; rate?: number | undefined } = {},
): Worker {
  return { kind: 'gpu', instance, spotShare, rate };
}

/** A CPU function with one core. */
export function lambdaWorker(rate: number = assumptions.lambdaRate.value): Worker {
  return { kind: 'lambda', rate };
}

/** Crops per image that the network runs on, those of its regions included. */
export function cropsInAll({ crops, regions }: Pick<Workload, 'crops' | 'regions'>): number {
  return crops + regions;
}
