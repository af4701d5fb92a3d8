import { availableParallelism } from 'node:os';
import type { Recipe } from '../recipe.ts';
import type { Schedule } from '../schedule.ts';
import { divideBatch } from './divide-batch.ts';

/** A recipe that may leave batch, workers and learning rate to `chooseSettings`. */
export interface RecipeOptions extends Omit<Recipe, 'batch' | 'workers' | 'schedule'> {
  readonly schedule: Omit<Schedule, 'rate'> & { readonly rate: number | undefined };
  readonly batch: number | undefined;
  readonly workers: number | undefined;
}

/** What the learning rate depends on. */
export interface TrainedNetwork {
  readonly hasBatchNorm: boolean;
  /** Whether the last layer was replaced, so that the weights before it are probably trained ones. */
  readonly hasNewHead: boolean;
}

/** Smaller batches make the statistics of batch normalization unreliable. */
export const minWorkerImages = 16;
/** Larger batches have no higher accuracy: docs/training.md has the measurements. */
export const maxBatch = 64;
/** An epoch should have this many updates. */
const updatesPerEpoch = 30;
/** For a batch of 64 images; they grow with the batch (Goyal et al. 2017, section 2.1). */
const rates = { batchNorm: 0.1, other: 0.05 };

/**
 * The recipe with batch, workers and rate chosen for the network and the number of training images. The batch is a power of
 * two.
 */
export function chooseSettings(options: RecipeOptions, images: number, network: TrainedNetwork): Recipe {
  const batch = options.batch ?? suggestBatch(images);
  const workers = options.workers ?? workersFor(batch);
  const { imagesPerUpdate } = divideBatch({ ...options, batch, workers }, images);
  const rate = options.schedule.rate ?? (rateOf64(options, network) * imagesPerUpdate) / 64;
  return { ...options, batch, workers, schedule: { ...options.schedule, rate } };
}

/** The higher rate only where it was measured: all layers are trained from random weights, with batch normalization. */
function rateOf64({ from }: RecipeOptions, { hasBatchNorm, hasNewHead }: TrainedNetwork): number {
  return hasBatchNorm && !hasNewHead && from === undefined ? rates.batchNorm : rates.other;
}

function suggestBatch(images: number): number {
  const largest = 2 ** Math.floor(Math.log2(Math.max(1, images / updatesPerEpoch)));
  return Math.min(maxBatch, Math.max(minWorkerImages, largest));
}

function workersFor(batch: number): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(batch / minWorkerImages)));
}
