import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { builtInModels } from '../../../model/catalog/built-in-models.ts';
import { entryOf } from '../../../model/catalog/catalog-entry.ts';
import { modelCache } from '../../../model/catalog/model-cache.ts';
import { type ModelHooks, openCatalogModel } from '../../../model/catalog/open-catalog-model.ts';
import { readCatalog } from '../../../model/catalog/read-catalog.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { canMount, makeReadOnly, smallDisk } from '../../support/full-disk.ts';
import { httpAnswers } from '../../support/http-answers.ts';
import { catalogEntry, catalogFile, publishedFiles, serveFiles, writeCatalog } from '../../support/model-catalog.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

const { network, labels } = publishedFiles;
const files = { 'net.onnx': network, 'labels.txt': labels };

/** What a user has: a catalog with the entry `net`, and a cache folder. */
async function user(entry: unknown, home = temporaryFolder()) {
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
    await writeFile(join(cache.downloads, 'net.onnx'), network.subarray(0, 1000));
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

describe('a model that cannot be downloaded', () => {
  it('is reported in one line with both files and where to save them, and is used from there', async () => {
    const { open, cache } = await user(catalogEntry('http://127.0.0.1:9', 'http://localhost:9'));
    const message = String(await open().catch(String));
    const paths = ['net.onnx', 'labels.txt'].map((name) => join(cache.downloads, name));
    const save = (file: string, path = '') => `download http://127.0.0.1:9/${file} and save it as ${path}`;
    expect(message.split(' (')[0]).toBe(
      `UserError: net cannot be downloaded: ${save('net.onnx', paths[0])}; ${save('labels.txt', paths[1])}`,
    );
    // One reason for each of the two hosts, or one for both.
    expect(message.split(' (')[1]).toMatch(/^127\.0\.0\.1:9( and |: .*; )localhost:9: [^\n]*\)$/);
    await writeFile(paths[0] ?? '', network);
    const second = await open().catch(String);
    expect(second).toContain(`net cannot be downloaded: ${save('labels.txt', paths[1])} (`);
    expect(second).not.toContain('net.onnx');
    await writeFile(paths[1] ?? '', labels);
    expect((await open()).model.manifest.labels).toHaveLength(4);
  });

  it.each<[string, Buffer | number, string]>([
    ['a page to log in', Buffer.from('<html>'), 'expected \\d+ bytes, got a file of 6'],
    ['other bytes of the same length', Buffer.alloc(network.length, 1), 'expected sha256 '],
    ['a server error', 500, 'expected HTTP 200, got 500'],
  ])('is reported in one line if a mirror serves %s', async (_, answer, message) => {
    const url = await httpAnswers(({ url: path }, __, response) => {
      if (path === '/labels.txt') response.end(labels);
      else if (typeof answer === 'number') response.writeHead(answer).end('<html>');
      else response.setHeader('content-length', answer.length).end(answer);
    });
    const { open } = await user(catalogEntry(url));
    const text = await open().catch(String);
    expect(text).toMatch(
      new RegExp(`^UserError: net cannot be downloaded: .*net\\.onnx \\(127\\.0\\.0\\.1:\\d+: ${message}`),
    );
    expect(text).not.toContain('\n');
    expect(text).not.toContain('labels.txt and');
  });

  it('is reported with the proxy, if there is one', async () => {
    const { open } = await user(catalogEntry('http://models.invalid'));
    vi.stubEnv('HTTP_PROXY', 'http://user:secret@127.0.0.1:9');
    const stop = new AbortController();
    try {
      const message = await open({ stop: stop.signal }).catch(String);
      expect(message).toMatch(
        /^UserError: net cannot be downloaded: .* \(models\.invalid: .*; requests go through the proxy 127\.0\.0\.1:9\)$/,
      );
      expect(message).not.toContain('secret');
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('keeps what was received when it is stopped', async () => {
    const url = await httpAnswers((_, __, response) => {
      response.setHeader('content-length', network.length).write(network.subarray(0, 1000));
    });
    const { open, cache } = await user(catalogEntry(url));
    const stop = new AbortController();
    const onDownload = (_: string, received: number) => received > 0 && stop.abort(new Error('stopped'));
    await expect(open({ stop: stop.signal, onDownload })).rejects.toThrow('stopped');
    expect(await readdir(cache.models)).toEqual([]);
    expect(await readdir(cache.downloads)).toContainEqual(expect.stringMatching(/^net\.onnx\..*\.part$/));
  });
});

describe.runIf(canMount)('a cache that cannot be written', () => {
  it('is used if it is read-only and has the model', async () => {
    const { url } = await serveFiles(files);
    const disk = smallDisk(3 * 2 ** 20);
    const { open } = await user(catalogEntry(url), disk);
    await open();
    makeReadOnly(disk);
    expect((await open()).model.manifest.labels).toHaveLength(4);
    await expect(open({}, 'imported')).rejects.toThrow(
      /^the model cache .*models cannot be written: the file system is read-only \(EROFS\); set XDG_CACHE_HOME to another folder/,
    );
  });

  it('is reported in one line if it is read-only and empty, or full', async () => {
    const { url } = await serveFiles(files);
    const disk = smallDisk(2 ** 20);
    makeReadOnly(disk);
    await expect((await user(catalogEntry(url), disk)).open()).rejects.toThrow(
      /^the model cache .*models cannot be written: the file system is read-only \(EROFS\); set XDG_CACHE_HOME/,
    );
    const big = Buffer.alloc(500_000, 7);
    const full = await user(
      {
        ...catalogEntry((await serveFiles({ ...files, 'net.onnx': big })).url),
        network: catalogFile('net.onnx', big, `${url}/x`, `${(await serveFiles({ 'net.onnx': big })).url}/net.onnx`),
      },
      smallDisk(200_000),
    );
    const message = await full.open().catch(String);
    expect(message).toMatch(
      /^UserError: .*net\.onnx cannot be written: the disk is full \(ENOSPC\): free space on it$|^UserError: the model cache .* cannot be written: the disk is full/,
    );
    expect(message).not.toContain('\n');
  });
});
