import type { Model } from '../../../shared/models/model-directory.ts';
import type { ImageRow } from '../../../shared/rows/row.ts';
import { hasResults } from '../has-results.ts';
import { type OpenedLocation, resultsSource } from '../locations.ts';

/** Images that an earlier run has finished, as `bucket/key@etag`; see `finishedImages`. */
export type FinishedImages = ReadonlyMap<string, ImageRow['status']>;

/** Reads from a store which images a model has finished. */
export async function finishedIn(store: OpenedLocation, model: Model): Promise<FinishedImages> {
  if (!(await hasResults(store))) return new Map();
  const { openResults } = await import('../../../results/open/open-results.ts');
  const { finishedImages } = await import('../../../results/questions/finished-images.ts');
  const results = await openResults(resultsSource(store), { embeddings: false });
  return finishedImages(results, { model: model.id, preprocess: model.preprocess }).finally(() => results.close());
}
