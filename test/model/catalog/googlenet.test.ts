import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { modelCache } from '../../../model/catalog/model-cache.ts';
import { openCatalogModel } from '../../../model/catalog/open-catalog-model.ts';
import { readCatalog } from '../../../model/catalog/read-catalog.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';
import { catalogFile, serveFiles, writeCatalog } from '../../support/model-catalog.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describeWithFixtures('GoogLeNet by name', (folder) => {
  it('has the same id on every machine: raise recipeRevision if this id changes', async () => {
    const [network, labels] = await Promise.all(
      (['googlenet-zoo.onnx', 'synset_words.txt'] as const).map((name) => readFile(join(folder, 'models', name))),
    );
    if (network === undefined || labels === undefined) throw new Error('no fixtures');
    const { url } = await serveFiles({ network, labels });
    const googlenet = {
      kind: 'import',
      preset: 'bvlc',
      network: catalogFile('net.onnx', network, `${url}/network`),
      labels: catalogFile('labels.txt', labels, `${url}/labels`),
    };
    const cache = modelCache({ XDG_CACHE_HOME: temporaryFolder() });
    const catalog = await readCatalog({ location: await writeCatalog({ googlenet }), cache });
    const entry = catalog.get('googlenet');
    if (entry === undefined) throw new Error('no entry');
    const { model } = await openCatalogModel(entry, 'fast', { catalog, cache, hooks: {} });
    expect(model.id).toBe('googlenet@68ef0513b317');
    const labelFile = entry.recipe.kind === 'import' ? entry.recipe.labels : undefined;
    const builtIn = (await readCatalog({ location: '', cache })).get('googlenet')?.recipe;
    expect(builtIn?.kind === 'import' && builtIn.labels.sha256).toBe(labelFile?.sha256);
  });
});
