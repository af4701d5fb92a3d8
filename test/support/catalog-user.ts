import { modelCache } from '../../model/catalog/model-cache.ts';
import { type ModelHooks, openCatalogModel } from '../../model/catalog/open-catalog-model.ts';
import { readCatalog } from '../../model/catalog/read-catalog.ts';
import { publishedFiles, writeCatalog } from './model-catalog.ts';
import { temporaryFolder } from './temporary-folder.ts';

const { network, labels } = publishedFiles;
/** The files of the entry, by name. */
export const files = { 'net.onnx': network, 'labels.txt': labels };

/** What a user has: a catalog with the entry `net`, and a cache folder. */
export async function user(entry: unknown, home = temporaryFolder()) {
  const location = await writeCatalog({ net: entry });
  const cache = modelCache({ XDG_CACHE_HOME: home });
  const catalog = await readCatalog({ location, cache });
  return {
    cache,
    open(hooks: ModelHooks = {}, form: 'fast' | 'imported' = 'fast') {
      const found = catalog.get('net');
      if (found === undefined) throw new Error('no entry');
      return openCatalogModel(found, form, { catalog, cache, hooks });
    },
  };
}
