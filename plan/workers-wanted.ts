/** Workers that a deployment may have at the same time, where nothing else is set. */
export const usualMaxWorkers = 4;
/** Waiting images that are worth a worker of their own, where nothing else is set: 2.4 minutes of work for one on a GPU. */
export const usualImagesPerWorker = 100_000;

/** Workers that a deployment starts for images that come together. */
export function workersWanted(images: number): number {
  return Math.min(usualMaxWorkers, Math.max(1, Math.ceil(images / usualImagesPerWorker)));
}
