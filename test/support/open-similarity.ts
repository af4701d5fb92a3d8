import { onTestFinished } from 'vitest';
import { openSimilarity, type SimilarityOptions } from '../../results/similar/search/open-similarity.ts';
import type { Similarity } from '../../results/similar/search/similarity.ts';
import { opened } from './stores.ts';

/** Opens the embeddings of a store folder until the running test ends. */
export async function similarityIn(
  path: string,
  options: Pick<SimilarityOptions, 'cacheFolder'> & Partial<SimilarityOptions>,
): Promise<Similarity> {
  const results = await opened(path);
  const similarity = await openSimilarity(results, { storeName: path, ...options });
  onTestFinished(() => similarity.close());
  return similarity;
}
