import type { Results } from '../open-results.ts';
import { checkEmbedding } from './check-embedding.ts';
import { chooseEmbeddings, dimensionsOf } from './embedded-images.ts';
import { exactSearch } from './exact-search.ts';
import type { Similarity } from './similarity.ts';
import { storedEmbedding } from './stored-embedding.ts';

export interface SimilarityOptions {
  /** `name@digest`; by default the model with the most classified images. */
  readonly model?: string | undefined;
  /** Of the model's images those preprocessed like this; by default the way of the most. */
  readonly preprocess?: string | undefined;
  /** Where indexes are kept from one time to the next; made when it is not there. */
  readonly cacheFolder: string;
  /** The store as people write it; an index is kept for it, and errors name it. */
  readonly storeName: string;
  /** Whether every image is compared with, however many there are. */
  readonly exact?: boolean | undefined;
  /** Told while an index is built. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Ends the building early; what is built is kept. */
  readonly stop?: AbortSignal | undefined;
}

/** How far the building of an index is. */
export interface IndexProgress {
  /** Images that are in it. */
  readonly indexed: number;
  /** Images that shall be in it. */
  readonly total: number;
}

/**
 * Opens the embeddings of one model for search. Few are compared with one by one; of many an index is built first, or
 * completed, which takes minutes for a million.
 * @param results not confined yet: the index lies elsewhere
 * @throws {UserError} where there are no embeddings, or none of the model
 */
export async function openSimilarity(results: Results, options: SimilarityOptions): Promise<Similarity> {
  const chosen = await chooseEmbeddings(results, options, options.storeName);
  const space = { ...chosen, dimensions: await dimensionsOf(results, chosen) };
  const { dimensions } = space;
  const nearest: Similarity['nearest'] = async (embedding, { limit }) => {
    checkEmbedding(embedding, dimensions);
    return exactSearch(results, space, embedding, limit);
  };
  return {
    ...space,
    how: 'exact',
    nearest,
    async nearestTo(imageId, { limit }) {
      const hits = await nearest(await storedEmbedding(results, imageId, space), { limit: limit + 1 });
      return hits.filter(({ image_id }) => image_id !== imageId).slice(0, limit);
    },
    async close() {},
  };
}
