import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Catalog, type CatalogEntry, filesOf } from '../../../model/catalog/catalog-entry.ts';
import { directoryOf, isMade, type ModelCache, modelCache } from '../../../model/catalog/model-cache.ts';
import { openCatalog } from './open-model.ts';

/** A model of the catalog, and what is in the cache. */
export interface ListedModel extends Pick<CatalogEntry, 'name' | 'about' | 'labels' | 'accuracy' | 'license'> {
  /** Size of its published files. */
  readonly downloadBytes: number;
  /** `ready` opens without a network, `downloaded` is made on its first use, `missing` is downloaded on its first use. */
  readonly state: 'ready' | 'downloaded' | 'missing';
  /** The model directory, if it is ready. */
  readonly directory?: string;
  readonly directoryBytes?: number;
  /** Addresses of its published files, in the order in which they are tried. */
  readonly files: readonly { readonly file: string; readonly sha256: string; readonly urls: readonly string[] }[];
}

/**
 * Lists the models of the catalog. Never uses the network.
 * @param onNotice called if your own catalog at an address was never read, so that its models are missing
 * @throws {UserError} if your own catalog cannot be read
 */
export async function listModels(
  cache: ModelCache = modelCache(),
  onNotice?: (notice: string) => void,
): Promise<ListedModel[]> {
  const catalog = await openCatalog(cache, 'never', onNotice);
  return Promise.all(Array.from(catalog.values(), (entry) => listed(entry, catalog, cache)));
}

async function listed(entry: CatalogEntry, catalog: Catalog, cache: ModelCache): Promise<ListedModel> {
  const { name, about, labels, accuracy, license } = entry;
  const files = filesOf(entry, catalog);
  const directory = directoryOf(entry, catalog, cache, 'fast');
  const ready = await isMade(directory);
  return {
    ...{ name, about, labels, accuracy, license },
    downloadBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    state: ready ? 'ready' : (await areDownloaded(files, cache)) ? 'downloaded' : 'missing',
    ...(ready ? { directory, directoryBytes: await sizeOf(directory) } : {}),
    files: files.map(({ file, sha256, urls }) => ({ file, sha256, urls })),
  };
}

/** By their sizes: reading the digests of every file would be slow. */
async function areDownloaded(files: ReturnType<typeof filesOf>, cache: ModelCache): Promise<boolean> {
  const sizes = await Promise.all(files.map(({ file }) => fileSize(join(cache.downloads, file))));
  return files.every(({ bytes, isText = false }, index) =>
    isText ? sizes[index] !== undefined : sizes[index] === bytes,
  );
}

async function sizeOf(directory: string): Promise<number> {
  const sizes = (await readdir(directory)).map((name) => fileSize(join(directory, name)));
  return (await Promise.all(sizes)).reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

async function fileSize(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}
