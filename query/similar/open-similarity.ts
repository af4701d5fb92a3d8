import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { makeFolder } from '../../shared/local/make-folder.ts';
import { UserError } from '../../shared/user-error.ts';
import type { Results } from '../open-results.ts';
import { checkEmbedding } from './check-embedding.ts';
import { chooseEmbeddings, dimensionsOf, type EmbeddingSpace } from './embedded-images.ts';
import { exactSearch } from './exact-search.ts';

import { openIndexedSearch } from './indexed-search.ts';
import type { Hit, Similarity } from './similarity.ts';
import { soundShards } from './sound-shards.ts';
import { storedEmbedding } from './stored-embedding.ts';
import { type IndexProgress, syncIndex } from './sync-index.ts';

export interface SimilarityOptions {
  /** `name@digest`; by default the model with the most classified images. */
  readonly model?: string | undefined;
  /** Of the model's images those preprocessed like this; by default the way of the most. */
  readonly preprocess?: string | undefined;
  /** Where indexes are kept from one time to the next; made when it is not there. */
  readonly cacheFolder: string;
  /** The store as people know it: errors name it, and it has indexes of its own. */
  readonly storeName: string;
  /** Whether every image is compared with, however many there are. */
  readonly exact?: boolean | undefined;
  /** Images up to which each is compared with; more are indexed. 50,000 by default. */
  readonly exactUpTo?: number | undefined;
  /** Told while an index is built or completed. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Told in one line of an index that is damaged, and so built again. */
  readonly onDamage?: ((line: string) => void) | undefined;
  /** Ends the building of an index early; what is built is kept. */
  readonly stop?: AbortSignal | undefined;
  /** Images of a part of the index at most; for tests. */
  readonly shardCapacity?: number | undefined;
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
  if (exact || chosen.images <= exactUpTo) {
    return similarityOf(results, space, {
      images: chosen.images,
      how: 'exact',
      search: (embedding, limit) => exactSearch(results, space, embedding, limit),
      close: () => {},
    });
  }
  const { images, nearest, close } = await openIndex(results, space, options);
  return similarityOf(results, space, { images, how: 'indexed', search: nearest, close });
}

interface Search extends Pick<Similarity, 'images' | 'how'> {
  readonly search: (embedding: Float32Array, limit: number) => Promise<Hit[]>;
  readonly close: () => void;
}

function similarityOf(results: Results, space: EmbeddingSpace, { images, how, search, close }: Search): Similarity {
  const { model, preprocess, dimensions } = space;
  const nearest: Similarity['nearest'] = async (embedding, { limit }) => {
    checkEmbedding(embedding, dimensions);
    return search(embedding, limit);
  };
  return {
    model,
    preprocess,
    dimensions,
    images,
    how,
    nearest,
    async nearestTo(imageId, { limit }) {
      const hits = await nearest(await storedEmbedding(results, imageId, space), { limit: limit + 1 });
      return hits.filter(({ image_id }) => image_id !== imageId).slice(0, limit);
    },
    async close() {
      close();
    },
  };
}

async function openIndex(results: Results, space: EmbeddingSpace, options: SimilarityOptions) {
  const { cacheFolder, storeName, onProgress, onDamage = () => {}, stop, shardCapacity: capacity } = options;
  const { model, preprocess, dimensions } = space;
  const digest = createHash('sha256')
    .update(JSON.stringify([storeName, model, preprocess, dimensions]))
    .digest('hex');
  const folder = join(cacheFolder, digest);
  await makeFolder(folder);
  const found = await soundShards(folder, dimensions, onDamage);
  const shards = await syncIndex(results, space, { folder, shards: found, onProgress, stop, capacity });
  if (stop?.aborted) {
    throw new UserError('stopped before every image was indexed: the next search goes on from there');
  }
  return openIndexedSearch(results, space, folder, shards);
}
