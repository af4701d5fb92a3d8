import { availableParallelism } from 'node:os';
import type { Recipe } from '../recipe.ts';
import type { Schedule } from '../schedule.ts';
import { divideBatch } from './divide-batch.ts';

/** A recipe that may leave batch, workers and learning rate to `chooseSettings`. */
export interface RecipeWish extends Omit<Recipe, 'batch' | 'workers' | 'schedule'> {
  readonly schedule: Omit<Schedule, 'rate'> & { readonly rate: number | undefined };
  readonly batch: number | undefined;
  readonly workers: number | undefined;
}

/** Smaller batches make the statistics of batch normalization unreliable; larger ones than the maximum save no time. */
export const minWorkerImages = 16;
const maxBatch = 128;
/** An epoch should have this many updates: docs/training.md has the measurements. */
const updatesPerEpoch = 30;
/** For a batch of 64 images; it grows with the batch (Goyal et al. 2017, section 2.1). */
const rateOf64 = 0.1;

/**
 * The wish with batch, workers and rate chosen for the number of training images. The batch is a power of two.
 */
export function chooseSettings(wish: RecipeWish, images: number): Recipe {
  const batch = wish.batch ?? suggestBatch(images);
  const workers = wish.workers ?? workersFor(batch);
  const { imagesPerUpdate } = divideBatch({ ...wish, batch, workers }, images);
  const rate = wish.schedule.rate ?? (rateOf64 * imagesPerUpdate) / 64;
  return { ...wish, batch, workers, schedule: { ...wish.schedule, rate } };
}

function suggestBatch(images: number): number {
  const largest = 2 ** Math.floor(Math.log2(Math.max(1, images / updatesPerEpoch)));
  return Math.min(maxBatch, Math.max(minWorkerImages, largest));
}

function workersFor(batch: number): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(batch / minWorkerImages)));
}
