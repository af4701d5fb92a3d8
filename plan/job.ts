import { messagesABatch } from '../lambdas/ingest/config.ts';
import type { Transport } from '../shared/crops/transport.ts';
import { packedDays } from '../shared/crops/transport-cost.ts';
import type { GpuInstance } from '../shared/deployment/prices.ts';
import { assumptions, gpuRates } from './assumptions.ts';
import { workersWanted } from './workers-wanted.ts';

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
export interface Job {
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
export function jobOf({ images, ...said }: Partial<Job> & Pick<Job, 'images'>): Job {
  const bytes = said.bytes ?? usualBytes;
  return {
    bytes,
    megapixels: bytes / assumptions.bytesAPixel.value / 1e6,
    crops: 1,
    transport: 'auto',
    ingestBatch: messagesABatch,
    ingestMemory: assumptions.vcpuMb.value,
    keptDays: packedDays,
    worker: gpuWorker('g6.xlarge'),
    workers: workersWanted(images),
    rowBytes: assumptions.rowBytes.value,
    listed: false,
    ...said,
    images,
  };
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
