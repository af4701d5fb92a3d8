import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel, type Model, manifestFile, parseManifestFile } from '../../shared/models/model-directory.ts';
import { diskProblem } from '../../shared/stores/local/file-failure.ts';
import type { ImportOptions } from '../import/import-model.ts';
import { createCacheFolder } from '../pull/create-cache-folder.ts';
import { isRunning, withLockFile } from '../pull/lock-file.ts';
import { type Catalog, type CatalogEntry, entryOf } from './catalog-entry.ts';
import { downloadFiles } from './download-files.ts';
import { directoryOf, isMade, type ModelCache, type ModelForm } from './model-cache.ts';

/** Progress of making a model, and a signal to stop it. */
export interface ModelHooks {
  /** Aborts a download or a wait with its reason. */
  readonly stop?: AbortSignal | undefined;
  /** Called with the received bytes and the size of all files. */
  readonly onDownload?: ((name: string, received: number, bytes: number) => void) | undefined;
  /** Called with what is done next, such as `importing googlenet-12.onnx`. */
  readonly onStep?: ((step: string) => void) | undefined;
  /** Called with a warning that ends in no full stop, such as a catalog that could not be read again. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

export interface CatalogContext {
  readonly catalog: Catalog;
  readonly cache: ModelCache;
  readonly hooks: ModelHooks;
}

/** A model directory and its content. */
export interface CatalogModel {
  readonly directory: string;
  readonly model: Model;
}

/**
 * Opens a model of the catalog. It is downloaded, imported and optimized once, in the user's cache folder; another process
 * that needs the same model waits. A damaged directory is made again.
 * @throws {UserError} if a file cannot be downloaded, or the cache folder cannot be written
 */
export async function openCatalogModel(
  entry: CatalogEntry,
  form: ModelForm,
  context: CatalogContext,
): Promise<CatalogModel> {
  const { cache, catalog, hooks } = context;
  const directory = directoryOf(entry, catalog, cache, form);
  if (entry.recipe.kind === 'included') return { directory, model: await loadModel(directory) };
  const made = await loadIfMade(directory);
  if (made instanceof UserError) hooks.onStep?.(`making ${entry.name} again: ${made.message}`);
  else if (made !== undefined) return { directory, model: made };
  return withDiskProblems(cache.models, async () => {
    await createCacheFolder(cache.models);
    const onWait = () => hooks.onStep?.(`waiting for another process that prepares ${entry.name}`);
    return withLockFile(join(cache.models, `.${basename(directory)}.lock`), { onWait, stop: hooks.stop }, async () => {
      const model = await loadIfMade(directory);
      if (model !== undefined && !(model instanceof UserError)) return { directory, model };
      await make(entry, form, directory, context);
      return { directory, model: await loadModel(directory) };
    });
  });
}

/** Undefined if there is no directory; an error if it is damaged. */
async function loadIfMade(directory: string): Promise<Model | UserError | undefined> {
  if (!(await isMade(directory))) return undefined;
  return loadModel(directory).catch((error: unknown) => {
    if (error instanceof UserError) return error;
    throw error;
  });
}

/** Makes the directory beside its place, so that a killed process leaves no incomplete one. */
async function make(entry: CatalogEntry, form: ModelForm, directory: string, context: CatalogContext): Promise<void> {
  await removeLeftovers(directory);
  const work = join(dirname(directory), `.${basename(directory)}-${randomUUID()}.${process.pid}`);
  await mkdir(work);
  try {
    const made = await follow(entry, form, work, context);
    // Another process may have made it in the meantime, if this machine slept.
    await rm(directory, { recursive: true, force: true });
    await rename(made, directory);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Loads what makes models only here: a command with a model in the cache would start a tenth of a second later.
 * @returns the model directory, inside `work`
 */
async function follow(entry: CatalogEntry, form: ModelForm, work: string, context: CatalogContext): Promise<string> {
  const { recipe } = entry;
  const { cache, catalog, hooks } = context;
  const download = {
    folder: cache.downloads,
    stop: hooks.stop,
    onProgress: (received: number, bytes: number) => hooks.onDownload?.(entry.name, received, bytes),
    onWait: (file: string) => hooks.onStep?.(`waiting for another process that downloads ${file}`),
    onSlowFailure: (reason: string) => hooks.onStep?.(`${reason}; trying another address`),
  };
  switch (recipe.kind) {
    case 'import': {
      const [source, labels] = await downloadFiles(entry.name, [recipe.network, recipe.labels] as const, download);
      hooks.onStep?.(`importing ${basename(source)}`);
      const { preset, output } = recipe;
      const imported = { source, labels, preset, output, out: join(work, 'imported'), name: entry.name };
      return importAndOptimize(imported, form, hooks);
    }
    case 'package': {
      const [archive] = await downloadFiles(entry.name, [recipe.archive] as const, download);
      hooks.onStep?.(`importing ${basename(archive)}`);
      const source = join(work, 'package');
      await mkdir(source);
      const { extractFolder } = await import('./extract-folder.ts');
      await extractFolder(archive, recipe.folder, source);
      const { preset, output } = recipe;
      const imported = { source, preset, output, out: join(work, 'imported'), name: entry.name };
      return importAndOptimize(imported, form, hooks);
    }
    case 'directory': {
      const [manifest, network] = await downloadFiles(entry.name, [recipe.manifest, recipe.network] as const, download);
      const directory = join(work, 'model');
      await mkdir(directory);
      await copyFile(manifest, join(directory, manifestFile));
      await copyFile(network, join(directory, parseManifestFile(await readFile(manifest), manifest).file));
      await loadModel(directory);
      return directory;
    }
    case 'int8': {
      const { directory: source } = await openCatalogModel(entryOf(catalog, recipe.of), 'fast', context);
      hooks.onStep?.(`converting ${recipe.of} to int8`);
      const { googlenetRanges } = await import('../quantize/googlenet-ranges.ts');
      const { quantizeWithRanges } = await import('../quantize/quantize-with-ranges.ts');
      const { directory } = await quantizeWithRanges({ source, ranges: googlenetRanges(), out: join(work, 'int8') });
      return directory;
    }
    case 'included':
      return recipe.directory;
  }
}

async function importAndOptimize(options: ImportOptions & { name: string }, form: ModelForm, hooks: ModelHooks) {
  const { importModel } = await import('../import/import-model.ts');
  await importModel(options);
  if (form === 'imported') return options.out;
  hooks.onStep?.(`optimizing ${options.name}`);
  const { optimizeModel } = await import('../optimize/optimize-model.ts');
  const out = join(dirname(options.out), 'fast');
  const { directory } = await optimizeModel({ source: options.out, out, mergeSiblings: false });
  return directory;
}

/** Removes what a killed process left. */
async function removeLeftovers(directory: string): Promise<void> {
  const names = await readdir(dirname(directory));
  const leftovers = names.filter((name) => name.startsWith(`.${basename(directory)}-`) && !isOfRunning(name));
  await Promise.all(leftovers.map((name) => rm(join(dirname(directory), name), { recursive: true, force: true })));
}

/** After its machine slept, another process can lose its lock and still work. */
function isOfRunning(name: string): boolean {
  const [, pid] = /\.(\d+)$/.exec(name) ?? [];
  return pid !== undefined && isRunning(Number(pid));
}

async function withDiskProblems<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Errors of importing and optimizing name a temporary folder.
    const problem = diskProblem(error) ?? (error instanceof Error ? diskProblem(error.cause) : undefined);
    if (problem === undefined) throw error;
    throw new UserError(
      `the model cache ${folder} cannot be written: ${problem}; set XDG_CACHE_HOME to another folder, or give a ` +
        'model directory',
      { cause: error },
    );
  }
}
