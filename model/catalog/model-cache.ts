import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { userCacheFolder } from '../../shared/stores/local/user-cache-folder.ts';
import { googlenetRanges } from '../quantize/googlenet-ranges.ts';
import { type Catalog, type CatalogEntry, entryOf } from './catalog-entry.ts';

/** Folders of the user's cache. */
export interface ModelCache {
  /** Downloaded files, by their names. */
  readonly downloads: string;
  /** Model directories, by name and digest of the recipe. */
  readonly models: string;
  /** Copies of catalogs from the network. */
  readonly catalogs: string;
}

/** Without a home folder, reading one of its folders throws a `UserError`: a model that needs none still opens. */
export function modelCache(environment?: Readonly<Record<string, string | undefined>>): ModelCache {
  return {
    get downloads() {
      return userCacheFolder('downloads', environment);
    },
    get models() {
      return userCacheFolder('models', environment);
    },
    get catalogs() {
      return userCacheFolder('catalogs', environment);
    },
  };
}

/** `imported` is the network as it was published, which can be trained; `fast` is optimized for classification. */
export type ModelForm = 'fast' | 'imported';

/** Increased whenever the importer, an optimization or the quantizer gives other bytes for the same files. */
const recipeRevision = 1;

/** The model directory of an entry. It does not exist before it is made. */
export function directoryOf(entry: CatalogEntry, catalog: Catalog, cache: ModelCache, form: ModelForm): string {
  if (entry.recipe.kind === 'included') return entry.recipe.directory;
  const digest = createHash('sha256')
    .update(JSON.stringify(describe(entry, catalog, form)))
    .digest('hex');
  return join(cache.models, `${entry.name}-${digest.slice(0, 12)}`);
}

/** True if a model directory exists, which is renamed to its place when it is complete. */
export async function isMade(directory: string): Promise<boolean> {
  return stat(directory).then(
    () => true,
    () => false,
  );
}

/** Everything that changes the bytes of the model. */
function describe({ recipe }: CatalogEntry, catalog: Catalog, form: ModelForm): readonly unknown[] {
  switch (recipe.kind) {
    case 'import':
      return [
        recipeRevision,
        'import',
        recipe.preset,
        recipe.network.sha256,
        recipe.labels.sha256,
        form,
        ...outputOf(recipe),
      ];
    case 'package':
      return [
        recipeRevision,
        'package',
        recipe.preset,
        recipe.archive.sha256,
        recipe.folder,
        form,
        ...outputOf(recipe),
      ];
    case 'directory':
      return ['directory', recipe.manifest.sha256, recipe.network.sha256];
    case 'int8':
      return [recipeRevision, 'int8', googlenetRanges(), describe(entryOf(catalog, recipe.of), catalog, 'fast')];
    case 'included':
      return ['included', recipe.directory];
  }
}

/** An entry without `output` adds nothing to the name of its directory. */
function outputOf({ output }: { readonly output?: string | undefined }): readonly string[] {
  return output === undefined ? [] : [output];
}
