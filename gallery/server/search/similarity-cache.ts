import type { Results } from '../../../results/open/open-results.ts';
import type { Similarity } from '../../../results/similar/search/similarity.ts';
import { versionedCache } from './versioned-cache.ts';

/** Embeddings of one model and preprocessing, which are comparable. */
export interface Space {
  readonly model: string;
  readonly preprocess: string;
}

/** Keeps similarity searches open between queries. */
export interface SimilarityCache {
  /** Runs a query on the embeddings of a space. @param version minimum version of the results */
  query<T>(space: Space, version: number, run: (similarity: Similarity) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface SimilarityCachePorts {
  readonly openResults: () => Promise<Results>;
  readonly openSimilarity: (results: Results, space: Space) => Promise<Similarity>;
}

/**
 * Opens its own connections to the results, because building an index may take minutes and must not block the grid. Queries
 * run one at a time.
 */
export function openSimilarityCache({ openResults, openSimilarity }: SimilarityCachePorts): SimilarityCache {
  const cache = versionedCache<Similarity>();

  const open = async (space: Space): Promise<Similarity> => {
    const results = await openResults();
    try {
      const similarity = await openSimilarity(results, space);
      return { ...similarity, close: () => similarity.close().finally(() => results.close()) };
    } catch (error) {
      await results.close();
      throw error;
    }
  };
  return {
    query: (space, version, run) =>
      cache.use({ key: JSON.stringify([space.model, space.preprocess]), version, open: () => open(space) }, run),
    close: () => cache.close(),
  };
}
