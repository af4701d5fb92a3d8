import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtInModels } from '../../../model/catalog/built-in-models.ts';
import { directoryOf, modelCache } from '../../../model/catalog/model-cache.ts';
import { manifestFile, parseManifestFile } from '../../../shared/models/model-directory.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';

/**
 * A model directory of this machine with one of these ids: that of INCEPTION_MODEL, one in the cache, or one of this
 * package. Never uses the network.
 * @param ids see `modelId`; the first one with a directory is taken
 */
export async function findMadeModel(ids: readonly string[]): Promise<string | undefined> {
  const directories = await madeDirectories();
  const found = new Map<string, string>();
  for (const directory of directories) {
    const id = await idOf(directory);
    if (id !== undefined && !found.has(id)) found.set(id, directory);
  }
  const id = ids.find((each) => found.has(each));
  return id === undefined ? undefined : found.get(id);
}

async function madeDirectories(): Promise<string[]> {
  const cache = modelCache();
  const made = await directoriesIn(() => cache.models);
  const included = Array.from(builtInModels.values()).filter(({ recipe }) => recipe.kind === 'included');
  const { INCEPTION_MODEL: own } = process.env;
  return [...(own ? [own] : []), ...made, ...included.map((entry) => directoryOf(entry, builtInModels, cache, 'fast'))];
}

/** None without a home folder or a cache. */
async function directoriesIn(folder: () => string): Promise<string[]> {
  try {
    const names = await readdir(folder());
    return names.filter((name) => !name.startsWith('.')).map((name) => join(folder(), name));
  } catch {
    return [];
  }
}

/** Undefined if there is no valid manifest. */
async function idOf(directory: string): Promise<string | undefined> {
  const path = join(directory, manifestFile);
  try {
    return modelId(parseManifestFile(await readFile(path), path));
  } catch {
    return undefined;
  }
}
