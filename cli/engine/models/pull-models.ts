import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultModelName } from '../../../model/catalog/built-in-models.ts';
import { modelCache } from '../../../model/catalog/model-cache.ts';
import { type ModelHooks, openCatalogModel } from '../../../model/catalog/open-catalog-model.ts';
import { checkReplaceable, replaceDirectory } from '../../../model/replace-directory.ts';
import { programName } from '../../../shared/failures/program-name.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { manifestFile } from '../../../shared/models/model-directory.ts';
import { modelChoice, openCatalog, unknownModel } from './open-model.ts';

export interface PulledModel {
  readonly name: string;
  /** See `modelId`. */
  readonly model: string;
  readonly labels: number;
  /** The model directory: in the cache, or the copy. */
  readonly directory: string;
}

/**
 * Makes models of the catalog ready to be opened without a network. A catalog from the network is read again.
 * @param out copies the directory, for example for a deployment; give one name then
 * @throws {UserError} for an unknown name, before anything is downloaded, or as `openCatalogModel`
 */
export async function pullModels(
  names: readonly string[],
  { out, overwrite }: { readonly out?: string | undefined; readonly overwrite?: boolean | undefined },
  hooks: ModelHooks,
): Promise<PulledModel[]> {
  const chosen = names.length === 0 ? [modelChoice(undefined)] : [...new Set(names)];
  if (out !== undefined) await checkReplaceable(out, overwrite);
  const cache = modelCache();
  const catalog = await openCatalog(cache, 'always', (notice) => hooks.onNotice?.(notice));
  const entries = chosen.map((name) => {
    const entry = catalog.get(name);
    if (entry !== undefined) return entry;
    const source = names.length === 0 ? ' in INCEPTION_MODEL' : '';
    if (/[/\\]/.test(name)) {
      const example = `${programName()} model pull ${defaultModelName}`;
      throw new UserError(
        `${name}${source} is a directory, which needs no download: give a name, such as "${example}"`,
      );
    }
    throw unknownModel(name, catalog, source);
  });
  const pulled: PulledModel[] = [];
  for (const entry of entries) {
    const { directory, model } = await openCatalogModel(entry, 'fast', { catalog, cache, hooks });
    if (out !== undefined) await copyModel(directory, model.manifest.file, out);
    const labels = model.manifest.labels.length;
    pulled.push({ name: entry.name, model: model.id, labels, directory: out ?? directory });
  }
  return pulled;
}

async function copyModel(directory: string, network: string, out: string): Promise<void> {
  await replaceDirectory(out, async (temporary) => {
    await copyFile(join(directory, manifestFile), join(temporary, manifestFile));
    await copyFile(join(directory, network), join(temporary, network));
  });
}
