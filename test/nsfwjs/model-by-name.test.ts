import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { builtInModels } from '../../model/catalog/built-in-models.ts';
import { entryOf } from '../../model/catalog/catalog-entry.ts';
import { modelCache } from '../../model/catalog/model-cache.ts';
import { openCatalogModel } from '../../model/catalog/open-catalog-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('the models by name are made of the package that npm has', async () => {
  const cache = modelCache({ XDG_CACHE_HOME: temporaryFolder() });
  await mkdir(cache.downloads, { recursive: true });
  await promisify(execFile)('npm', ['pack', 'nsfwjs@4.4.0', '--pack-destination', cache.downloads]);
  const bytes = await readFile(join(cache.downloads, 'nsfwjs-4.4.0.tgz'));
  const names = [...builtInModels.values()].filter(({ recipe }) => recipe.kind === 'package').map(({ name }) => name);
  expect(names).toEqual(['nsfwjs-inception-v3', 'nsfwjs-mobilenet-v2', 'nsfwjs-mobilenet-v2-mid']);
  for (const name of names) {
    const entry = entryOf(builtInModels, name);
    if (entry.recipe.kind !== 'package') throw new Error('expected a package');
    const { archive } = entry.recipe;
    expect(archive.bytes).toBe(bytes.length);
    expect(archive.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    const hooks = { onDownload: () => expect.unreachable('the file is already there') };
    const { model } = await openCatalogModel(entry, 'fast', { catalog: builtInModels, cache, hooks });
    expect(model.manifest.labels).toHaveLength(entry.labels ?? 0);
  }
});
