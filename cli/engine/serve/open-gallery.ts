import { availableParallelism } from 'node:os';
import { openLiveCatalogue } from '../../../gallery/server/catalogue/live-catalogue.ts';
import type { Gallery } from '../../../gallery/server/gallery.ts';
import type { GalleryCommands } from '../../../gallery/server/responses.ts';
import { type Embedder, imageSearch } from '../../../gallery/server/search/image-search.ts';
import { openRegionSearch } from '../../../gallery/server/search/region-search.ts';
import { openSimilarityCache } from '../../../gallery/server/search/similarity-cache.ts';
import { openDiskCache } from '../../../gallery/server/thumbnails/disk-cache.ts';
import { openThumbnails } from '../../../gallery/server/thumbnails/thumbnails.ts';
import type { ModelHooks } from '../../../model/catalog/open-catalog-model.ts';
import { openResults } from '../../../results/open/open-results.ts';
import type { Computation } from '../../../results/questions/computation.ts';
import { embeddedImages } from '../../../results/similar/embeddings/embedded-images.ts';
import { openSimilarity } from '../../../results/similar/search/open-similarity.ts';
import { firstIssue } from '../../../shared/failures/first-issue.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { openImageDecoder } from '../../../shared/images/cropper/image-decoder.ts';
import { decodePool } from '../../../shared/images/decode/decode-pool.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { diskProblem } from '../../../shared/stores/local/file-failure.ts';
import { userCacheFolder } from '../../../shared/stores/local/user-cache-folder.ts';
import { localLimits } from '../local-limits.ts';
import {
  locationName,
  type OpenedLocation,
  openSource,
  openStore,
  resultsSource,
  type StoreOptions,
} from '../locations.ts';
import { computedWith } from '../models/computed-with.ts';
import { findMadeModel } from '../models/find-made-model.ts';
import { openModel } from '../models/open-model.ts';
import { openEmbedder } from '../open-embedder.ts';
import { modelOfResults } from '../similar/model-of-results.ts';
import { checkStore } from './check-store.ts';
import { imageReader } from './image-reader.ts';

export interface GalleryOptions extends StoreOptions {
  /** Location of the images if they were moved. */
  readonly images?: string;
  /** Model by name or directory for searches by a dropped image. @default the model of the results, if it was made here */
  readonly model?: string;
}

/** Space for about ten thousand thumbnails. */
const thumbnailBytes = 512 * 2 ** 20;

interface GalleryContext {
  readonly stop: AbortSignal;
  readonly commands: GalleryCommands;
  /** Who follows the download of a model. */
  readonly models?: ModelHooks;
}

export interface OpenedGallery extends Gallery {
  close(): Promise<void>;
}

/**
 * Opens what the gallery serves.
 * @param stop aborts long work, such as building an index for similar images
 * @param commands shown on the page
 * @throws {UserError} for results or a model that cannot be read
 */
export async function openGallery(
  options: GalleryOptions,
  { stop, commands, models }: GalleryContext,
): Promise<OpenedGallery> {
  const store = await openStore(options);
  await checkStore(store, options.store);
  const moved = options.images === undefined ? undefined : await openSource(options.images, options, store);
  const cacheFolder = userCacheFolder('thumbnails');
  const cache = await openDiskCache(cacheFolder, thumbnailBytes, (error) => {
    console.error(
      `thumbnails are made again each time: ${cacheFolder} cannot be used: ${diskProblem(error) ?? firstIssue(error)}`,
    );
  });
  const source = resultsSource(store);
  const embedder =
    options.model === undefined
      ? await madeEmbedder(store)
      : await modelEmbedder(options.model, store, { ...models, stop });
  const live = await openLiveCatalogue(source).catch(async (error: unknown) => {
    await embedder?.close();
    throw error;
  });
  const similarities = openSimilarityCache({
    openResults: () => openResults(source),
    // Shares its index with the command `similar`.
    openSimilarity: (results, space) =>
      openSimilarity(results, {
        ...space,
        cacheFolder: userCacheFolder('similar'),
        storeName: locationName(store),
        stop,
      }),
  });
  const pool = decodePool(availableParallelism(), localLimits);
  const decoder = openImageDecoder({ limits: localLimits, pool });
  const search = imageSearch({ live, similarities, embedder });
  const regions = openRegionSearch({
    live,
    embedder,
    openResults: () => openResults(source, { embeddings: false, regionEmbeddings: true }),
  });
  return {
    info: { store: options.store, model: embedder?.space.model ?? null, commands },
    live,
    thumbnails: openThumbnails({
      objects: imageReader(options, { store: store.kind, moved }),
      isMoved: moved !== undefined,
      cache,
      limits: localLimits,
      pool,
      decoder,
    }),
    search,
    regions,
    async close() {
      await decoder.close();
      await search.close();
      await regions.close();
      await live.close();
    },
  };
}

/** Opens a model that computes embeddings; if the results have embeddings, it must be a model of theirs. */
async function modelEmbedder(choice: string, store: OpenedLocation, hooks?: ModelHooks): Promise<Embedder> {
  const results = await openResults(resultsSource(store));
  const load = async () => {
    const stored = await embeddedImages(results);
    return stored.length === 0
      ? (await openModel(choice, { hooks })).model
      : modelOfResults(choice, stored, locationName(store), hooks);
  };
  const model = await load().finally(() => results.close());
  const { embed, embedBox, close } = await openEmbedder(model);
  const space = { model: model.id, preprocess: model.preprocess };
  return { space, embed, embedBox, close, isForRegionsOf: (regions) => isOfModel(regions, model) };
}

/** The model of the results, if it is on this machine: nothing is downloaded that the user did not ask for. */
async function madeEmbedder(store: OpenedLocation): Promise<Embedder | undefined> {
  try {
    const results = await openResults(resultsSource(store));
    const spaces = await embeddedImages(results).finally(() => results.close());
    const directory = await findMadeModel(spaces.map(({ model }) => model));
    return directory === undefined ? undefined : await modelEmbedder(directory, store);
  } catch (error) {
    // Results that cannot be read are reported where they are opened next.
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Whether embeddings of a space were computed by a model with its crop rule; with or without regions. */
function isOfModel({ model: id, preprocess }: Computation, model: Model): boolean {
  const computed = id === model.id ? computedWith(model, preprocess) : undefined;
  return computed?.model.manifest.preprocess.crop.rule === model.manifest.preprocess.crop.rule;
}
