import { join } from 'node:path';
import type { Results } from '../../open/open-results.ts';
import { checkEmbedding } from '../embeddings/check-embedding.ts';
import {
  type ChosenEmbeddings,
  chooseEmbeddings,
  dimensionsOf,
  type EmbeddingChoice,
  type EmbeddingSpace,
} from '../embeddings/embedded-images.ts';
import { readEmbedding } from '../embeddings/read-embedding.ts';
import { IndexNotStored, type IndexOptions, openIndex } from '../index/open-index.ts';
import { exactSearch } from './exact-search.ts';
import { type IndexedSearch, indexedSearch } from './indexed-search.ts';
import type { Similarity } from './similarity.ts';

export interface SimilarityOptions extends IndexOptions, EmbeddingChoice {
  /** Searches exactly, however many images there are. */
  readonly exact?: boolean | undefined;
  /** Maximum images for exact search; more are indexed. @default 50,000 */
  readonly exactUpTo?: number | undefined;
}

/** This many embeddings of 1024 numbers are read and compared in a quarter of a second. */
const exactUpToByDefault = 50_000;

/**
 * Opens the embeddings of one model for search: exact search for few, an index for many. The index is built or extended
 * first, which takes minutes for a million images.
 * @param results not confined yet: the index is outside of the store
 * @throws {UserError} if there are no embeddings, none of the model, or building was stopped
 */
export async function openSimilarity(results: Results, options: SimilarityOptions): Promise<Similarity> {
  const { storeName, exact = false, exactUpTo = exactUpToByDefault } = options;
  const chosen = await chooseEmbeddings(results, options, storeName);
  const space = { ...chosen, dimensions: await dimensionsOf(results, chosen) };
  if (exact || chosen.images <= exactUpTo) return similarityOf(results, space);
  const open = async () => {
    const { shards, folder } = await openIndex(results, space, options);
    return indexedSearch(shards, join(folder, '.spill'));
  };
  const index = await reopening(open).catch((error: unknown) => {
    if (!(error instanceof IndexNotStored)) throw error;
    options.onDamage?.(`${error.message}; each image is compared instead, which takes longer`);
    return undefined;
  });
  return similarityOf(results, space, index);
}

/** A search that opens its index again after other processes replaced and removed shards. */
async function reopening(open: () => Promise<IndexedSearch>): Promise<IndexedSearch> {
  let current = Promise.resolve(await open());
  const complete = async () => {
    const before = current;
    const index = await before;
    if (await index.hasAllFiles()) return index;
    // Of several searches that notice it, the first opens it for all.
    if (current === before) current = open().finally(() => index.close());
    return current;
  };
  return {
    nearest: async (embedding, limit) => (await complete()).nearest(embedding, limit),
    hasAllFiles: async () => (await current).hasAllFiles(),
    close: async () => (await current).close(),
  };
}

function similarityOf(results: Results, space: EmbeddingSpace & ChosenEmbeddings, index?: IndexedSearch): Similarity {
  const { model, preprocess, dimensions, images, others } = space;
  const nearest: Similarity['nearest'] = async (embedding, options) => {
    checkEmbedding(embedding, dimensions);
    const isUnfiltered = options.job === undefined && options.label === undefined;
    if (isUnfiltered && index !== undefined) return index.nearest(embedding, options.limit);
    return exactSearch(results, space, embedding, options);
  };
  return {
    model,
    preprocess,
    dimensions,
    images,
    others,
    how: index === undefined ? 'exact' : 'indexed',
    nearest,
    async nearestTo(imageId, { limit, ...filter }) {
      const embedding = await readEmbedding(results, imageId, space);
      const hits = await nearest(embedding, { limit: limit + 1, ...filter });
      return hits.filter(({ image_id }) => image_id !== imageId).slice(0, limit);
    },
    async close() {
      await index?.close();
    },
  };
}
