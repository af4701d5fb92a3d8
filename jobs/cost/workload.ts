import type { Transport } from '../../shared/crops/transport.ts';
import { packedDays } from '../../shared/crops/transport-cost.ts';
import {
  defaultImagesPerWorker,
  defaultMaxWorkers,
  megabytesPerCore,
  messagesPerBatch,
} from '../../shared/deployment/defaults.ts';
import type { GpuInstance } from '../../shared/deployment/prices.ts';
import { assumptions, gpuRates } from './assumptions.ts';

/** Who classifies. */
export type Worker =
  | {
      readonly kind: 'gpu';
      readonly instance: GpuInstance;
      /** Of its hours, 0 to 1; the others are on demand. */
      readonly spotShare: number;
      /** Crops a second of one worker. */
      readonly rate: number;
    }
  | { readonly kind: 'lambda'; readonly rate: number };

/** What an estimate is about. */
export interface Workload {
  readonly images: number;
  /** Of an image, on average. */
  readonly bytes: number;
  /** Of an image, on average. */
  readonly megapixels: number;
  /** Crops of each image. */
  readonly crops: number;
  readonly transport: Transport;
  /** Messages that the ingest function is handed at once. */
  readonly ingestBatch: number;
  /** Of the ingest function, MB. */
  readonly ingestMemory: number;
  /** For which packed crops are kept. */
  readonly keptDays: number;
  readonly worker: Worker;
  readonly workers: number;
  /** Of a row of the results. */
  readonly rowBytes: number;
  /** Whether the images are found by a listing. */
  readonly listed: boolean;
}

/** Bytes of a photo where nothing is said: those of the test photos, 500 × 375 pixels. */
const usualBytes = 110_000;

/** A job with what is usual where nothing is said of it. */
export function workloadOf({ images, ...said }: Partial<Workload> & Pick<Workload, 'images'>): Workload {
  const bytes = said.bytes ?? usualBytes;
  return {
    bytes,
    megapixels: bytes / assumptions.bytesPerPixel.value / 1e6,
    crops: 1,
    transport: 'auto',
    ingestBatch: messagesPerBatch,
    ingestMemory: megabytesPerCore,
    keptDays: packedDays,
    worker: gpuWorker('g6.xlarge'),
    workers: defaultWorkers(images),
    rowBytes: assumptions.rowBytes.value,
    listed: false,
    ...said,
    images,
  };
}

/** Workers that a deployment with default settings starts for images that arrive together. */
export function defaultWorkers(images: number): number {
  return Math.min(defaultMaxWorkers, Math.max(1, Math.ceil(images / defaultImagesPerWorker)));
}

/** A GPU worker, on Spot and as fast as is assumed unless it is said otherwise. */
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
