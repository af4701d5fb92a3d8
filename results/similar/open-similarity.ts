import { join } from 'node:path';
import type { Results } from '../open/open-results.ts';
import { checkEmbedding } from './check-embedding.ts';
import { chooseEmbeddings, dimensionsOf, type EmbeddingSpace } from './embedded-images.ts';
import { exactSearch } from './exact-search.ts';
import { type IndexedSearch, indexedSearch } from './indexed-search.ts';
import { type IndexOptions, openIndex } from './open-index.ts';
import { readEmbedding } from './read-embedding.ts';
import type { Similarity } from './similarity.ts';

export interface SimilarityOptions extends IndexOptions {
  /** `name@digest`; by default the model with the most classified images. */
  readonly model?: string | undefined;
  /** Of the model's images those preprocessed like this; by default the way of the most. */
  readonly preprocess?: string | undefined;
  /** Whether every image is compared with, however many there are. */
  readonly exact?: boolean | undefined;
  /** Images up to which each is compared with; more are indexed. 50,000 by default. */
  readonly exactUpTo?: number | undefined;
}

/** So many embeddings of 1024 numbers are read and compared in a quarter of a second. */
const exactUpToByDefault = 50_000;

/**
 * Opens the embeddings of one model for search. Few are compared with one by one; of many an index is built first, or
 * completed, which takes minutes for a million.
 * @param results not confined yet: the index lies elsewhere
 * @throws {UserError} where there are no embeddings, or none of the model; or when building was stopped
 */
export async function openSimilarity(results: Results, options: SimilarityOptions): Promise<Similarity> {
  const { storeName, exact = false, exactUpTo = exactUpToByDefault } = options;
  const chosen = await chooseEmbeddings(results, options, storeName);
  const space = { ...chosen, dimensions: await dimensionsOf(results, chosen) };
  if (exact || chosen.images <= exactUpTo) return similarityOf(results, space, chosen.images);
  const open = async () => {
    const { shards, folder } = await openIndex(results, space, options);
    return indexedSearch(shards, join(folder, '.spill'));
  };
  return similarityOf(results, space, chosen.images, await renewed(open));
}

/** A search that is opened again when others have replaced shards of its index, and these were removed at last. */
async function renewed(open: () => Promise<IndexedSearch>): Promise<IndexedSearch> {
  let current = Promise.resolve(await open());
  const whole = async () => {
    const seen = current;
    const index = await seen;
    if (await index.hasAllFiles()) return index;
    // Of several that notice it, one opens it for all.
    if (current === seen) current = open().finally(() => index.close());
    return current;
  };
  return {
    nearest: async (embedding, limit) => (await whole()).nearest(embedding, limit),
    hasAllFiles: async () => (await current).hasAllFiles(),
    close: async () => (await current).close(),
  };
}

function similarityOf(results: Results, space: EmbeddingSpace, images: number, index?: IndexedSearch): Similarity {
  const { model, preprocess, dimensions } = space;
  const nearest: Similarity['nearest'] = async (embedding, wanted) => {
    checkEmbedding(embedding, dimensions);
    const isOfAll = wanted.job === undefined && wanted.label === undefined;
    if (isOfAll && index !== undefined) return index.nearest(embedding, wanted.limit);
    return exactSearch(results, space, embedding, wanted);
  };
  return {
    model,
    preprocess,
    dimensions,
    images,
    how: index === undefined ? 'exact' : 'indexed',
    nearest,
    async nearestTo(imageId, { limit, ...among }) {
      const embedding = await readEmbedding(results, imageId, space);
      const hits = await nearest(embedding, { limit: limit + 1, ...among });
      return hits.filter(({ image_id }) => image_id !== imageId).slice(0, limit);
    },
    async close() {
      await index?.close();
    },
  };
}
