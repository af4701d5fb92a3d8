import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultModelName } from '../../../model/catalog/built-in-models.ts';
import type { Catalog } from '../../../model/catalog/catalog-entry.ts';
import { type ModelCache, type ModelForm, modelCache } from '../../../model/catalog/model-cache.ts';
import { type CatalogModel, type ModelHooks, openCatalogModel } from '../../../model/catalog/open-catalog-model.ts';
import { readCatalog } from '../../../model/catalog/read-catalog.ts';
import { programName } from '../../../shared/failures/program-name.ts';
import { didYouMean } from '../../../shared/failures/suggest.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { CropRule } from '../../../shared/models/crop-rule.ts';
import { loadModel, manifestFile, modelWithChoice } from '../../../shared/models/model-directory.ts';
import { Interrupted } from '../interrupted.ts';

export interface OpenModelOptions {
  /** Overrides the crop rule of the model. */
  readonly crops?: CropRule | undefined;
  /** Regions of each image to classify at most. @default none */
  readonly regions?: number | undefined;
  readonly hooks?: ModelHooks | undefined;
  /** See `ModelForm`; applies to a name. @default fast */
  readonly form?: ModelForm | undefined;
}

/**
 * Opens a model by its name or directory. A model of the catalog is downloaded and made on its first use, in the user's
 * cache folder.
 * @param choice a name, or a directory: any text with a slash, or a folder with a model. Default: INCEPTION_MODEL, or
 * googlenet
 * @throws {UserError} for an unknown name, a directory without a model, or a model that cannot be downloaded
 * @throws {Interrupted} if `hooks.stop` is aborted before the model is ready
 */
export async function openModel(choice: string | undefined, options: OpenModelOptions = {}): Promise<CatalogModel> {
  const { crops, regions, hooks = {}, form = 'fast' } = options;
  const { directory, model } = await open(choice, form, hooks).catch((error: unknown) => {
    if (hooks.stop?.aborted !== true || error !== hooks.stop.reason) throw error;
    throw new Interrupted('interrupted before the model was ready: a download continues the next time');
  });
  return { directory, model: modelWithChoice(model, { crops, regions }) };
}

/** The directory of a model by name or directory, for work that reads the directory itself. Throws as `openModel`. */
export async function modelDirectory(choice: string | undefined, options: OpenModelOptions = {}): Promise<string> {
  const text = modelChoice(choice);
  return (await namesDirectory(text)) ? text : (await openModel(choice, options)).directory;
}

/** The same as `modelChoice`, and a directory always has a slash, unlike a name. */
export async function modelPath(choice: string | undefined): Promise<string> {
  const text = modelChoice(choice);
  return (await namesDirectory(text)) && !/[/\\]/.test(text) ? `./${text}` : text;
}

/** The chosen name or directory, or the user's default. An empty INCEPTION_MODEL is the same as none. */
export function modelChoice(choice: string | undefined): string {
  return choice ?? (process.env['INCEPTION_MODEL'] || defaultModelName);
}

/** The catalog of this user; see `readCatalog`. */
export function openCatalog(
  cache: ModelCache,
  request: 'once' | 'always' | 'never',
  onNotice?: (notice: string) => void,
): Promise<Catalog> {
  return readCatalog({ location: process.env['INCEPTION_CATALOG'], cache, request, onNotice });
}

/** @param source of the name, if it is not the command line */
export function unknownModel(name: string, catalog: Catalog, source = ''): UserError {
  const names = [...catalog.keys()];
  const hint = didYouMean(name, names);
  return new UserError(`unknown model ${name}${source}${hint}: give one of ${names.join(', ')}, or a model directory`);
}

async function open(choice: string | undefined, form: ModelForm, hooks: ModelHooks): Promise<CatalogModel> {
  const text = modelChoice(choice);
  if (await namesDirectory(text)) return { directory: text, model: await loadModel(text) };
  const cache = modelCache();
  const catalog = await openCatalog(cache, 'once');
  const entry = catalog.get(text);
  if (entry === undefined) {
    // A folder without a model is explained as such.
    if (await isFolder(text)) await loadModel(text);
    throw unknownModel(text, catalog, choice === undefined ? ' in INCEPTION_MODEL' : '');
  }
  return openCatalogModel(entry, form, { catalog, cache, hooks });
}

/** A folder without a model hides no name: images may be in a folder `googlenet`. */
async function namesDirectory(text: string): Promise<boolean> {
  if (/^s3:\//i.test(text)) {
    throw new UserError(
      `${text} is not on this machine: copy the model to a folder with "aws s3 cp --recursive" first`,
    );
  }
  const isFile = await stat(text).then(
    (stats) => stats.isFile(),
    () => false,
  );
  if (isFile && /[/\\.]/.test(text)) {
    const advice = `give a model directory; "${programName()} help model import" shows how to make one`;
    throw new UserError(`${text} is a file: ${advice}`);
  }
  return text === '' || /[/\\]/.test(text) || hasManifest(text);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

async function hasManifest(directory: string): Promise<boolean> {
  return stat(join(directory, manifestFile)).then(
    () => true,
    () => false,
  );
}
