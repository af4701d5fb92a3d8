import { homedir } from 'node:os';
import { join } from 'node:path';
import { openLiveCatalogue } from '../../gallery/catalogue/live-catalogue.ts';
import type { Gallery } from '../../gallery/gallery.ts';
import { type Embedder, imageSearch } from '../../gallery/search/image-search.ts';
import { openDiskCache } from '../../gallery/thumbnails/disk-cache.ts';
import { openThumbnails } from '../../gallery/thumbnails/thumbnails.ts';
import { openSimilarity } from '../../query/similar/open-similarity.ts';
import { localLimits } from '../pipeline/open-pipeline.ts';
import { openImages, openStore, resultsSource } from '../places.ts';
import { imageReader } from './image-reader.ts';
import { openEmbedder } from './open-embedder.ts';

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
 * @throws {UserError} for results or a model that cannot be read
 */
export async function openGallery(options: GalleryOptions): Promise<OpenedGallery> {
  const store = openStore(options.store, options);
  const moved = options.images === undefined ? undefined : await openImages(options.images, options, store);
  const cacheFolder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'inception-batch');
  const cache = await openDiskCache(join(cacheFolder, 'thumbnails'), thumbnailBytes);
  const embedder: (Embedder & { close(): Promise<void> }) | undefined =
    options.model === undefined ? undefined : await openEmbedder(options.model);
  const live = await openLiveCatalogue(resultsSource(store)).catch(async (error: unknown) => {
    await embedder?.close();
    throw error;
  });
  return {
    info: { store: options.store, model: embedder?.model ?? null },
    live,
    thumbnails: openThumbnails({ objects: imageReader(options, moved), cache, limits: localLimits }),
    search: imageSearch({
      openSimilarity: (results, model) => openSimilarity(results, { model, cacheFolder, storeName: options.store }),
      embedder,
    }),
    async close() {
      await live.close();
      await embedder?.close();
    },
  };
}
