import { availableParallelism } from 'node:os';
import { openLiveCatalogue } from '../../../gallery/server/catalogue/live-catalogue.ts';
import type { Gallery } from '../../../gallery/server/gallery.ts';
import { type Embedder, imageSearch } from '../../../gallery/server/search/image-search.ts';
import { openSimilarities } from '../../../gallery/server/search/similarities.ts';
import { openDiskCache } from '../../../gallery/server/thumbnails/disk-cache.ts';
import { openThumbnails } from '../../../gallery/server/thumbnails/thumbnails.ts';
import { openResults } from '../../../results/open/open-results.ts';
import { embeddedImages } from '../../../results/similar/embedded-images.ts';
import { openSimilarity } from '../../../results/similar/open-similarity.ts';
import { decodePool } from '../../../shared/images/decode/decode-pool.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { openEmbedder } from '../embed-image.ts';
import {
  locationName,
  type OpenedLocation,
  openSource,
  openStore,
  resultsSource,
  userCacheFolder,
} from '../locations.ts';
import { localLimits } from '../run/open-pipeline.ts';
import { modelOfResults } from '../similar/model-of-results.ts';
import { imageReader } from './image-reader.ts';

export interface GalleryOptions {
  readonly store: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly images?: string;
  readonly model?: string;
}

/** Some ten thousand thumbnails. */
const thumbnailBytes = 512 * 2 ** 20;

export interface OpenedGallery extends Gallery {
  close(): Promise<void>;
}

/**
 * Opens all that the gallery shows.
 * @param stop ends what takes long, such as building an index for similar images
 * @throws {UserError} for results or a model that cannot be read
 */
export async function openGallery(options: GalleryOptions, stop: AbortSignal): Promise<OpenedGallery> {
  const store = openStore(options.store, options);
  const moved = options.images === undefined ? undefined : await openSource(options.images, options, store);
  const cache = await openDiskCache(userCacheFolder('thumbnails'), thumbnailBytes);
  const source = resultsSource(store);
  const embedder = options.model === undefined ? undefined : await modelEmbedder(options.model, store);
  const live = await openLiveCatalogue(source).catch(async (error: unknown) => {
    await embedder?.close();
    throw error;
  });
  const similarities = openSimilarities({
    openResults: () => openResults(source),
    // The index is the one that the command `similar` keeps.
    openSimilarity: (results, space) =>
      openSimilarity(results, {
        ...space,
        cacheFolder: userCacheFolder('similar'),
        storeName: locationName(store),
        stop,
      }),
  });
  const search = imageSearch({ live, similarities, embedder });
  return {
    info: { store: options.store, model: embedder?.space.model ?? null },
    live,
    thumbnails: openThumbnails({
      objects: imageReader(options, { store: store.kind, moved }),
      moved: moved !== undefined,
      cache,
      limits: localLimits,
      pool: decodePool(availableParallelism(), localLimits),
    }),
    search,
    async close() {
      await search.close();
      await live.close();
    },
  };
}

/**
 * A model directory to compute embeddings with, which must be one of those that the results have; any, as long as they have
 * none.
 */
async function modelEmbedder(directory: string, store: OpenedLocation): Promise<Embedder> {
  const results = await openResults(resultsSource(store));
  const load = async () => {
    const isEmpty = (await embeddedImages(results)).length === 0;
    return isEmpty ? loadModel(directory) : modelOfResults(directory, results, locationName(store));
  };
  const model = await load().finally(() => results.close());
  const { embed, close } = await openEmbedder(model);
  return { space: { model: model.id, preprocess: model.preprocess }, embed, close };
}
