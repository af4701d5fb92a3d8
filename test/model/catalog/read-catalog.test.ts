import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCatalog } from '../../../model/catalog/read-catalog.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { httpAnswers } from '../../support/http-answers.ts';
import { catalogEntry, serveFiles, writeCatalog } from '../../support/model-catalog.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const host = 'http://127.0.0.1:9';

async function failure(location: string): Promise<string> {
  const error: unknown = await readCatalog({ location, folder: temporaryFolder() }).catch((caught: unknown) => caught);
  if (!(error instanceof UserError)) throw error;
  expect(error.message).not.toContain('\n');
  return error.message;
}

describe('your own catalog', () => {
  it('adds to the built-in models, and overrides those of the same name', async () => {
    const location = await writeCatalog({ googlenet: catalogEntry(host), birds: catalogEntry(host) });
    const catalog = await readCatalog({ location, folder: temporaryFolder() });
    expect([...catalog.keys()]).toEqual(expect.arrayContaining(['googlenet', 'fashion-mnist', 'birds']));
    expect(catalog.get('googlenet')?.recipe).toMatchObject({ network: { file: 'net.onnx' } });
    const builtIn = await readCatalog({ location: '', folder: temporaryFolder() });
    expect(builtIn.get('googlenet')?.recipe).toMatchObject({ network: { file: 'googlenet-12.onnx' } });
  });

  const entry = catalogEntry(host);
  it.each<[string, unknown, RegExp]>([
    ['another kind', { ...entry, kind: 'zip' }, /models\.googlenet\.kind/],
    ['an unknown preset', { ...entry, preset: 'bvcl' }, /models\.googlenet\.preset: .*bvlc/],
    ['a file in a folder', { ...entry, network: { ...entry.network, file: '../x' } }, /must be a file name/],
    ['a hidden file', { ...entry, network: { ...entry.network, file: '..' } }, /must be a file name/],
    ['a short digest', { ...entry, network: { ...entry.network, sha256: 'abc' } }, /must be 64 hexadecimal digits/],
    ['a file address', { ...entry, network: { ...entry.network, urls: ['file:///x'] } }, /must be an http or https/],
    ['no address', { ...entry, network: { ...entry.network, urls: [] } }, /network\.urls/],
    ['a misspelt field', { ...entry, lables: 1 }, /lables/],
  ])('is rejected in one line with %s', async (_, model, message) => {
    const text = await failure(await writeCatalog({ googlenet: model }));
    expect(text).toMatch(/^INCEPTION_CATALOG .*catalog\.json is not a model catalog: /);
    expect(text).toMatch(message);
  });

  it('is rejected in one line if it is no file, no JSON or has an invalid name', async () => {
    expect(await failure('none.json')).toMatch(/^INCEPTION_CATALOG none\.json cannot be read: give a JSON file/);
    const path = join(temporaryFolder(), 'page.json');
    await writeFile(path, '<html>\nlog in');
    expect(await failure(path)).toMatch(/page\.json is not a model catalog: /);
    expect(await failure(await writeCatalog({ 'Goog/Le': entry }))).toMatch(/is not a model catalog: models\./);
  });

  it('is requested once from an address, then used without a network, and read again on demand', async () => {
    const files = { 'catalog.json': Buffer.from(JSON.stringify({ formatVersion: 1, models: { birds: entry } })) };
    const { url, requests } = await serveFiles(files);
    const options = { location: `${url}/catalog.json`, folder: temporaryFolder() };
    expect((await readCatalog({ ...options, request: 'never' })).has('birds')).toBe(false);
    expect((await readCatalog(options)).has('birds')).toBe(true);
    expect((await readCatalog(options)).has('birds')).toBe(true);
    expect((await readCatalog({ ...options, request: 'never' })).has('birds')).toBe(true);
    expect(requests).toHaveLength(1);
    files['catalog.json'] = Buffer.from(JSON.stringify({ formatVersion: 1, models: { fish: entry } }));
    expect((await readCatalog({ ...options, request: 'always' })).has('fish')).toBe(true);
    expect((await readCatalog(options)).has('birds')).toBe(false);
    expect(await readdir(options.folder)).toHaveLength(1);
  });

  it('is rejected in one line if its address gives an error, another page or nothing', async () => {
    const page = await httpAnswers((_, __, response) => response.end('<html>log in</html>'));
    const error = await httpAnswers((_, __, response) => response.writeHead(503).end());
    expect(await failure(page)).toMatch(/^INCEPTION_CATALOG http:.* is not a model catalog: /);
    expect(await failure(error)).toMatch(/^INCEPTION_CATALOG http:.* cannot be read: expected HTTP 200, got 503$/);
    expect(await failure(`${host}/x`)).toMatch(/^INCEPTION_CATALOG http:.* cannot be read: /);
  });
});
