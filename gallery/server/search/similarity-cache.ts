import { Mutex } from 'async-mutex';
import type { Results } from '../../../results/open/open-results.ts';
import type { Similarity } from '../../../results/similar/similarity.ts';
import { type RefCounted, refCounted } from '../ref-counted.ts';

/** Which embeddings are searched. */
export interface Space {
  readonly model: string;
  readonly preprocess: string;
}

/** Searches that stay open from one question to the next. */
export interface SimilarityCache {
  /**
   * Asks among the embeddings of a space.
   * @param version of the results that the answer is to be as new as
   */
  ask<T>(space: Space, version: number, question: (similarity: Similarity) => Promise<T>): Promise<T>;
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
 * On results of its own: building an index may take minutes, and the grid is not to wait for that. One question at a time,
 * since they share a connection.
 */
export function openSimilarityCache({ openResults, openSimilarity }: SimilarityCachePorts): SimilarityCache {
  const opened = new Map<string, Opened>();
  const turn = new Mutex();

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
    const name = JSON.stringify([space.model, space.preprocess]);
    const known = opened.get(name);
    if (known !== undefined && known.version >= version) return known.similarity;
    const similarity = await open(space);
    opened.set(name, { version, similarity });
    await known?.similarity.retire();
    return similarity;
  };
  return {
    ask: (space, version, question) =>
      turn.runExclusive(async () => (await newest(space, version)).use((similarity) => question(similarity))),
    close: () =>
      turn.runExclusive(async () => {
        await Promise.all([...opened.values()].map(({ similarity }) => similarity.retire()));
      }),
  };
}
