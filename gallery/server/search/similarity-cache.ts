import { Mutex } from 'async-mutex';
import type { Results } from '../../../results/open/open-results.ts';
import type { Similarity } from '../../../results/similar/search/similarity.ts';
import { type RefCounted, refCounted } from '../ref-counted.ts';

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

interface Opened {
  readonly version: number;
  readonly similarity: RefCounted<Similarity>;
}

/**
 * Opens its own connections to the results, because building an index may take minutes and must not block the grid. Queries
 * run one at a time.
 */
export function openSimilarityCache({ openResults, openSimilarity }: SimilarityCachePorts): SimilarityCache {
  const opened = new Map<string, Opened>();
  const mutex = new Mutex();

  const open = async (space: Space): Promise<RefCounted<Similarity>> => {
    const results = await openResults();
    try {
      const similarity = await openSimilarity(results, space);
      const close = () => similarity.close().finally(() => results.close());
      return refCounted({ ...similarity, close });
    } catch (error) {
      await results.close();
      throw error;
    }
  };
  const newest = async (space: Space, version: number): Promise<RefCounted<Similarity>> => {
    const key = JSON.stringify([space.model, space.preprocess]);
    const previous = opened.get(key);
    if (previous !== undefined && previous.version >= version) return previous.similarity;
    const similarity = await open(space);
    opened.set(key, { version, similarity });
    await previous?.similarity.retire();
    return similarity;
  };
  return {
    query: (space, version, run) =>
      mutex.runExclusive(async () => (await newest(space, version)).use((similarity) => run(similarity))),
    close: () =>
      mutex.runExclusive(async () => {
        await Promise.all([...opened.values()].map(({ similarity }) => similarity.retire()));
      }),
  };
}
