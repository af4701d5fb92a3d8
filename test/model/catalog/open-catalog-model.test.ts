import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { builtInModels } from '../../../model/catalog/built-in-models.ts';
import { entryOf } from '../../../model/catalog/catalog-entry.ts';
import { modelCache } from '../../../model/catalog/model-cache.ts';
import { openCatalogModel } from '../../../model/catalog/open-catalog-model.ts';
import { readCatalog } from '../../../model/catalog/read-catalog.ts';
import { intAttribute } from '../../../model/graph/attribute.ts';
import { modelOf } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { encodeModel } from '../../../model/onnx/model-file.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { files, user } from '../../support/catalog-user.ts';
import { catalogEntry, catalogFile, publishedFiles, serveFiles, writeCatalog } from '../../support/model-catalog.ts';
import { publishedNetwork } from '../../support/published-network.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

describe('a model of the catalog', () => {
  it('is downloaded, imported and optimized once, with progress', async () => {
    const { url, requests } = await serveFiles(files);
    const { open, cache } = await user(catalogEntry(url));
    const steps: string[] = [];
    const received: number[] = [];
    const onDownload = (_: string, bytes: number, total: number) => received.push(bytes / total);
    const first = await open({ onStep: (step) => steps.push(step), onDownload });
    expect(steps).toEqual(['importing net.onnx', 'optimizing net']);
    expect([received[0], received.at(-1)]).toEqual([0, 1]);
    expect(first.model.manifest.labels[0]).toEqual({ id: 'n01', name: 'tench, Tinca tinca' });
    expect(first.model.id).toMatch(/^net@/);
    expect(await readdir(cache.models)).toEqual([expect.stringMatching(/^net-[0-9a-f]{12}$/)]);
    const again = await open({ onStep: () => expect.unreachable(), onDownload: () => expect.unreachable() });
    expect(again.directory).toBe(first.directory);
    expect(requests.toSorted()).toEqual(['/labels.txt', '/net.onnx']);
  });

  it('has the classes of the output that its entry names, if the network has several', async () => {
    const graph = publishedNetwork();
    const [{ name: probabilities = '' } = {}] = graph.outputs;
    const label = makeNode('ArgMax', [probabilities], ['label'], { attributes: [intAttribute('axis', 1)] });
    const outputs = [...graph.outputs, makeValue('label', 'int64', [1, 1])];
    const network = Buffer.from(encodeModel(modelOf({ ...graph, nodes: [...graph.nodes, label], outputs })));
    const { url } = await serveFiles({ ...files, 'net.onnx': network });
    const entry = { ...catalogEntry(url), network: catalogFile('net.onnx', network, `${url}/net.onnx`) };
    const home = temporaryFolder();
    const unnamed = await user(entry, home);
    await expect(unnamed.open()).rejects.toThrow('has 2 outputs');
    const named = await user({ ...entry, output: probabilities }, home);
    const { model, directory } = await named.open();
    expect(model.manifest.source.output).toBe(probabilities);
    expect(await readdir(named.cache.models)).toEqual([basename(directory)]);
    const other = await user({ ...entry, output: 'label' }, home);
    await expect(other.open()).rejects.toThrow('label');
    await expect(user({ ...entry, output: '' })).rejects.toThrow('must be the name of an output');
  });

  it('is available as it was imported too, without another download', async () => {
    const { url, requests } = await serveFiles(files);
    const { open } = await user(catalogEntry(url));
    const [fast, imported] = [await open(), await open({}, 'imported')];
    expect(imported.directory).not.toBe(fast.directory);
    expect(requests).toHaveLength(2);
  });

  it('is made once by two callers at the same time', async () => {
    const { url, requests } = await serveFiles(files);
    const { open } = await user(catalogEntry(url));
    const steps: string[] = [];
    const onStep = (step: string) => steps.push(step);
    const [one, two] = await Promise.all([open({ onStep }), open({ onStep })]);
    expect(one.model.id).toBe(two.model.id);
    expect(requests).toHaveLength(2);
    expect(steps).toContain('waiting for another process that prepares net');
  });

  it('is downloaded once by callers that need both of its forms, or two names with the same files', async () => {
    const { url, requests } = await serveFiles(files);
    const location = await writeCatalog({ net: catalogEntry(url), twin: catalogEntry(url) });
    const cache = modelCache({ XDG_CACHE_HOME: temporaryFolder() });
    const catalog = await readCatalog({ location, cache });
    const [net, twin] = ['net', 'twin'].map((name) => entryOf(catalog, name));
    if (net === undefined || twin === undefined) throw new Error('no entry');
    const steps: string[] = [];
    const context = { catalog, cache, hooks: { onStep: (step: string) => steps.push(step) } };
    const opened = await Promise.all([
      openCatalogModel(net, 'fast', context),
      openCatalogModel(net, 'imported', context),
      openCatalogModel(twin, 'fast', context),
    ]);
    expect(new Set(opened.map(({ directory }) => directory)).size).toBe(3);
    expect(requests.toSorted()).toEqual(['/labels.txt', '/net.onnx']);
    expect(steps).toContain('waiting for another process that downloads net.onnx');
    expect((await readdir(cache.downloads)).toSorted()).toEqual(['labels.txt', 'net.onnx']);
  });

  it('needs no home folder if it is part of the package', async () => {
    const included = builtInModels.get('fashion-mnist');
    if (included === undefined) throw new Error('no entry');
    vi.stubEnv('XDG_CACHE_HOME', '');
    vi.stubEnv('HOME', 'no absolute path');
    try {
      const catalog = await readCatalog({ location: '', cache: modelCache() });
      const { model } = await openCatalogModel(included, 'fast', { catalog, cache: modelCache(), hooks: {} });
      expect(model.manifest.labels).toHaveLength(10);
      expect(() => modelCache().models).toThrow('no home folder for the cache: set XDG_CACHE_HOME');
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('is made again from its files if a killed process left a part of it', async () => {
    const { url, requests } = await serveFiles(files);
    const { open, cache } = await user(catalogEntry(url));
    const { directory, model } = await open();
    const name = directory.slice(cache.models.length + 1);
    await mkdir(join(cache.models, `.${name}-killed/imported`), { recursive: true });
    const { pid } = spawnSync(process.execPath, ['--version']);
    await mkdir(join(cache.models, `.${name}-killed.${pid}`));
    const ofRunning = `.${name}-asleep.${process.pid}`;
    await mkdir(join(cache.models, ofRunning));
    const steps: string[] = [];
    for (const file of ['model.onnx', 'manifest.json']) {
      await truncate(join(directory, file), 100);
      expect((await open({ onStep: (step) => steps.push(step) })).model.id).toBe(model.id);
    }
    expect(steps.filter((step) => step.startsWith('making net again: '))).toHaveLength(2);
    expect((await loadModel(directory)).id).toBe(model.id);
    expect((await readdir(cache.models)).toSorted()).toEqual([ofRunning, name].toSorted());
    expect(requests).toHaveLength(2);
  });

  it('downloads a damaged file again', async () => {
    const { url, requests } = await serveFiles(files);
    const { cache, open } = await user(catalogEntry(url));
    await mkdir(cache.downloads, { recursive: true });
    await writeFile(join(cache.downloads, 'net.onnx'), publishedFiles.network.subarray(0, 1000));
    await open();
    expect(requests).toHaveLength(2);
  });

  it('is opened from the two files of a model directory', async () => {
    const source = temporaryFolder();
    const manifest = { ...(await writeTinyModel(source)), file: 'own-name.onnx' };
    const [bytes, text] = [await readFile(join(source, 'model.onnx')), Buffer.from(JSON.stringify(manifest))];
    const { url } = await serveFiles({ 'tiny.onnx': bytes, 'tiny.json': text });
    const entry = {
      kind: 'directory',
      network: catalogFile('tiny.onnx', bytes, `${url}/tiny.onnx`),
      manifest: catalogFile('tiny.json', text, `${url}/tiny.json`),
    };
    const { open } = await user(entry);
    expect((await open()).model.id).toBe((await loadModel(source)).id);
  });
});
