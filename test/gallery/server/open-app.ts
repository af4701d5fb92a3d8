import { join } from 'node:path';
import type { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import { galleryApp } from '../../../gallery/server/app.ts';
import { type LiveCatalogue, openLiveCatalogue } from '../../../gallery/server/catalogue/live-catalogue.ts';
import { type Embedder, imageSearch } from '../../../gallery/server/search/image-search.ts';
import { openRegionSearch } from '../../../gallery/server/search/region-search.ts';
import { openSimilarityCache } from '../../../gallery/server/search/similarity-cache.ts';
import { openDiskCache } from '../../../gallery/server/thumbnails/disk-cache.ts';
import { openThumbnails } from '../../../gallery/server/thumbnails/thumbnails.ts';
import { openResults } from '../../../results/open/open-results.ts';
import { openSimilarity } from '../../../results/similar/search/open-similarity.ts';
import { openImageDecoder } from '../../../shared/images/cropper/image-decoder.ts';
import { decodePool } from '../../../shared/images/decode/decode-pool.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

export interface OpenedApp {
  readonly app: Hono;
  readonly live: LiveCatalogue;
  /** The JSON of a response. */
  json(path: string, init?: RequestInit): Promise<unknown>;
  get(path: string, init?: RequestInit): Promise<Response>;
}

/** The gallery for a store in a folder; only the network is simulated. Closed when the test ends. */
export async function openApp(store: string, embedder?: Embedder): Promise<OpenedApp> {
  const source = { kind: 'folder', path: store } as const;
  const cacheFolder = temporaryFolder();
  const live = await openLiveCatalogue(source);
  const similarities = openSimilarityCache({
    openResults: () => openResults(source),
    openSimilarity: (results, space) => openSimilarity(results, { ...space, cacheFolder, storeName: store }),
  });
  const search = imageSearch({ live, similarities, embedder });
  const regions = openRegionSearch({
    live,
    embedder,
    openResults: () => openResults(source, { embeddings: false, regionEmbeddings: true }),
  });
  const limits = { maxPixels: 2 ** 24, maxBytes: 2 ** 24 };
  const pool = decodePool(2, limits);
  const decoder = openImageDecoder({ limits, pool });
  const thumbnails = openThumbnails({
    objects: new FolderStore(),
    cache: await openDiskCache(join(cacheFolder, 'thumbnails'), 2 ** 24),
    limits,
    pool,
    decoder,
  });
  const stopped = new AbortController();
  const info = { store, model: embedder?.space.model ?? null, commands: { run: 'run', search: 'serve' } };
  const app = galleryApp(
    { info, live, search, regions, thumbnails },
    { host: '127.0.0.1', files: new Map(), stopped: stopped.signal },
  );
  onTestFinished(async () => {
    stopped.abort();
    await decoder.close();
    await search.close();
    await regions.close();
    await live.close();
  });
  const get = async (path: string, init: RequestInit = {}) =>
    app.request(path, { ...init, headers: { host: '127.0.0.1:8000', ...init.headers } });
  return { app, live, get, json: async (path, init) => (await get(path, init)).json() };
}
