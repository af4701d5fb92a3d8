import type { Recipe } from '../recipe.ts';

export interface DividedBatch {
  readonly workers: number;
  /** Images of one worker's gradient. */
  readonly imagesPerWorker: number;
  readonly imagesPerUpdate: number;
}

/**
 * Divides a batch among the workers. With few images, the batch and the number of workers shrink, so that every epoch has at
 * least one update.
 * @param images number of training images
 */
export function divideBatch(
  { batch, workers, asynchronous }: Pick<Recipe, 'batch' | 'workers' | 'asynchronous'>,
  images: number,
): DividedBatch {
  const whole = Math.min(batch, images);
  const used = Math.min(workers, whole);
  const imagesPerWorker = Math.floor(whole / used);
  const perUpdate = used === 1 || asynchronous ? 1 : used;
  return { workers: used, imagesPerWorker, imagesPerUpdate: perUpdate * imagesPerWorker };
}
