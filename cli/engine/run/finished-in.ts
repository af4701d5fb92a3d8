import { openResults } from '../../../results/open/open-results.ts';
import { finishedImages } from '../../../results/questions/finished-images.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import type { ImageRow } from '../../../shared/rows/row.ts';
import { type OpenedLocation, resultsSource } from '../locations.ts';

/** Images that an earlier run has finished, as `bucket/key@etag`; see `finishedImages`. */
export type FinishedImages = ReadonlyMap<string, ImageRow['status']>;

/** Reads from a store which images a model has finished. */
export async function finishedIn(store: OpenedLocation, model: Model): Promise<FinishedImages> {
  const results = await openResults(resultsSource(store), { embeddings: false });
  return finishedImages(results, { model: model.id, preprocess: model.preprocess }).finally(() => results.close());
}
