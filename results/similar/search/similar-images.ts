import { UserError } from '../../../shared/failures/user-error.ts';
import type { Results } from '../../open/open-results.ts';
import { describeHits } from './describe-hits.ts';
import { computationsOf, findImage } from './find-image.ts';
import { openSimilarity, type SimilarityOptions } from './open-similarity.ts';
import type { DescribedHit, SearchOptions } from './similarity.ts';

export interface SimilarImagesOptions
  extends Pick<SimilarityOptions, 'storeName' | 'cacheFolder' | 'stop' | 'model'>,
    SearchOptions {
  /** Minimum cosine, -1 to 1. */
  readonly min: number;
}

/**
 * Finds the images most similar to an image of the results or to an embedding.
 * @param image id, key or path of an image, or an embedding
 * @throws {UserError} if no image is called so, or no embedding can be compared with it
 */
export async function similarImages(
  results: Results,
  image: string | Float32Array,
  { limit, min, job, label, ...options }: SimilarImagesOptions,
): Promise<DescribedHit[]> {
  // The images of one job or label are searched exactly, so no index is built for them.
  const exact = job !== undefined || label !== undefined;
  const among = typeof image === 'string' ? await computationsOf(results, image) : [];
  const similarity = await openSimilarity(results, { ...options, among, exact });
  try {
    const search = { limit, job, label };
    const nearest = async () => {
      if (typeof image !== 'string') return similarity.nearest(image, search);
      const imageId = await findImage(results, similarity, image);
      if (imageId !== undefined) return similarity.nearestTo(imageId, search);
      throw new UserError(`no image with the id, key or path ${image} in ${options.storeName}`);
    };
    const hits = await nearest();
    return await describeHits(
      results,
      similarity,
      hits.filter(({ similarity: cosine }) => cosine >= min),
    );
  } finally {
    await similarity.close();
  }
}
