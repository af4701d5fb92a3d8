import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultModelName } from '../../../model/catalog/built-in-models.ts';
import { modelCache } from '../../../model/catalog/model-cache.ts';
import { type ModelHooks, openCatalogModel } from '../../../model/catalog/open-catalog-model.ts';
import { checkReplaceable, replaceDirectory } from '../../../model/replace-directory.ts';
import { manifestText } from '../../../model/write-model-directory.ts';
import { programName } from '../../../shared/failures/program-name.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { DecodeRule } from '../../../shared/models/decode-rule.ts';
import { manifestFile } from '../../../shared/models/model-directory.ts';
import { type ModelManifest, preprocessWithDecodeRule } from '../../../shared/models/model-manifest.ts';
import { modelChoice, openCatalog, unknownModel } from './open-model.ts';

export interface PulledModel {
  readonly name: string;
  /** See `modelId`. */
  readonly model: string;
  readonly labels: number;
  /** The model directory: in the cache, or the copy. */
  readonly directory: string;
}

export interface PullOptions {
  /** Copies the directory, for example for a deployment; give one name then. */
  readonly out?: string | undefined;
  readonly overwrite?: boolean | undefined;
  /** Of the copy. @default that of the model */
  readonly decode?: DecodeRule | undefined;
}

/**
 * Makes models of the catalog ready to be opened without a network. A catalog from the network is read again.
 * @throws {UserError} for an unknown name, before anything is downloaded, or as `openCatalogModel`
 */
export async function pullModels(
  names: readonly string[],
  { out, overwrite, decode }: PullOptions,
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
    if (out !== undefined) await copyModel(directory, model.manifest, out, decode);
    const labels = model.manifest.labels.length;
    pulled.push({ name: entry.name, model: model.id, labels, directory: out ?? directory });
  }
  return pulled;
}

async function copyModel(directory: string, manifest: ModelManifest, out: string, decode?: DecodeRule): Promise<void> {
  await replaceDirectory(out, async (temporary) => {
    if (decode === undefined) await copyFile(join(directory, manifestFile), join(temporary, manifestFile));
    else {
      const preprocess = preprocessWithDecodeRule(manifest.preprocess, decode);
      await writeFile(join(temporary, manifestFile), manifestText({ ...manifest, preprocess }));
    }
    await copyFile(join(directory, manifest.file), join(temporary, manifest.file));
  });
}
