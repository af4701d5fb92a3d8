import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtInModels } from '../../../model/catalog/built-in-models.ts';
import { entryOf } from '../../../model/catalog/catalog-entry.ts';
import { modelCache } from '../../../model/catalog/model-cache.ts';
import { openCatalogModel } from '../../../model/catalog/open-catalog-model.ts';
import { readCatalog } from '../../../model/catalog/read-catalog.ts';
import { catalogFile, serveFiles, writeCatalog } from '../../support/model-catalog.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { tinyClassifier, writePackagedModel } from '../../support/tensorflow-js/tiny-classifier.ts';

/** A package of npm with a TensorFlow.js model. */
async function packedModel(): Promise<Buffer> {
  const folder = temporaryFolder();
  await writePackagedModel(join(folder, 'package/dist/tiny'), tinyClassifier);
  execFileSync('tar', ['--format=ustar', '-czf', join(folder, 'p.tgz'), '-C', folder, 'package']);
  return readFile(join(folder, 'p.tgz'));
}

async function openModels(models: Readonly<Record<string, unknown>>) {
  const location = await writeCatalog(models);
  const cache = modelCache({ XDG_CACHE_HOME: temporaryFolder() });
  const catalog = await readCatalog({ location, cache });
  const steps: string[] = [];
  const hooks = { onStep: (step: string) => steps.push(step) };
  const open = (name: string, form: 'fast' | 'imported' = 'fast') =>
    openCatalogModel(entryOf(catalog, name), form, { catalog, cache, hooks });
  return { open, steps, catalog };
}

describe('a model in a package of npm', () => {
  it('is downloaded, imported with the labels of its preset, and optimized once', async () => {
    const bytes = await packedModel();
    const { url, requests } = await serveFiles({ 'p.tgz': bytes });
    const entry = {
      kind: 'package',
      preset: 'nsfwjs',
      archive: catalogFile('p.tgz', bytes, `${url}/p.tgz`),
      folder: 'package/dist/tiny',
    };
    const { open, steps } = await openModels({ tiny: entry });
    const { model } = await open('tiny');
    expect(model.manifest.labels.map(({ name }) => name)).toEqual(['Drawing', 'Hentai', 'Neutral', 'Porn', 'Sexy']);
    expect(model.id).toMatch(/^tiny@/);
    expect(steps).toEqual(['importing p.tgz', 'optimizing tiny']);
    const imported = await open('tiny', 'imported');
    expect(imported.model.manifest.derivedFrom).toBeUndefined();
    expect(requests).toEqual(['/p.tgz']);
  });

  it('names the folder that the package does not have', async () => {
    const bytes = await packedModel();
    const { url } = await serveFiles({ 'p.tgz': bytes });
    const archive = catalogFile('p.tgz', bytes, `${url}/p.tgz`);
    const { open } = await openModels({
      tiny: { kind: 'package', preset: 'nsfwjs', archive, folder: 'package/other' },
    });
    await expect(open('tiny')).rejects.toThrow('has no files in package/other');
  });

  it.each(['/dist/', 'package//dist', ''])('must be in a folder inside it, not in %j', async (folder) => {
    const archive = catalogFile('p.tgz', Buffer.from('x'), 'http://localhost/p.tgz');
    const entry = { kind: 'package', preset: 'nsfwjs', archive, folder };
    await expect(openModels({ tiny: entry })).rejects.toThrow(/INCEPTION_CATALOG .* is not a model catalog: .*folder/);
  });

  it('keeps the built-in description if a mirror has the same package', async () => {
    const builtIn = entryOf(builtInModels, 'nsfwjs-inception-v3');
    if (builtIn.recipe.kind !== 'package') throw new Error('expected a package');
    const { preset, archive, folder } = builtIn.recipe;
    const { file, bytes, sha256 } = archive;
    const mirror = { file, bytes, sha256, urls: ['https://models.example/nsfwjs.tgz'] };
    const entry = { kind: 'package', preset, folder, archive: mirror };
    const { catalog } = await openModels({ 'nsfwjs-inception-v3': entry });
    expect(catalog.get('nsfwjs-inception-v3')).toMatchObject({ about: builtIn.about, license: 'MIT', labels: 5 });
  });
});
