import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtInModels } from '../../../model/catalog/built-in-models.ts';
import { entryOf } from '../../../model/catalog/catalog-entry.ts';
import { readCatalog } from '../../../model/catalog/read-catalog.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { httpAnswers } from '../../support/http-answers.ts';
import { catalogEntry, serveFiles, writeCatalog } from '../../support/model-catalog.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const host = 'http://127.0.0.1:9';

async function failure(location: string): Promise<string> {
  const error: unknown = await readCatalog({ location, cache: { catalogs: temporaryFolder() } }).catch(
    (caught: unknown) => caught,
  );
  if (!(error instanceof UserError)) throw error;
  expect(error.message).not.toContain('\n');
  return error.message;
}

describe('your own catalog', () => {
  it('adds to the built-in models, and overrides those of the same name', async () => {
    const location = await writeCatalog({ googlenet: catalogEntry(host), birds: catalogEntry(host) });
    const catalog = await readCatalog({ location, cache: { catalogs: temporaryFolder() } });
    expect([...catalog.keys()]).toEqual(expect.arrayContaining(['googlenet', 'fashion-mnist', 'birds']));
    expect(catalog.get('googlenet')?.recipe).toMatchObject({ network: { file: 'net.onnx' } });
    const builtIn = await readCatalog({ location: '', cache: { catalogs: temporaryFolder() } });
    expect(builtIn.get('googlenet')?.recipe).toMatchObject({ network: { file: 'googlenet-12.onnx' } });
  });

  it('of a mirror keeps the facts of the built-in model, if the network is the same', async () => {
    const builtIn = entryOf(builtInModels, 'googlenet');
    if (builtIn.recipe.kind !== 'import') throw new Error('another recipe');
    const { file, bytes, sha256 } = builtIn.recipe.network;
    const same = {
      ...catalogEntry(host),
      network: { file, bytes, sha256, urls: [`${host}/net.onnx`] },
      license: 'MIT',
    };
    const read = async (googlenet: unknown) => {
      const location = await writeCatalog({ googlenet });
      return entryOf(await readCatalog({ location, cache: { catalogs: temporaryFolder() } }), 'googlenet');
    };
    const { about, labels, accuracy } = builtIn;
    expect(await read(same)).toMatchObject({ about, labels, accuracy, license: 'MIT' });
    expect(await read(catalogEntry(host))).toMatchObject({ about: '', labels: undefined, accuracy: undefined });
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
    [
      'a password in an address',
      { ...entry, network: { ...entry.network, urls: ['https://user:secret@models.example/net.onnx'] } },
      /network\.urls\.0: must not contain a user name or a password$/,
    ],
    [
      'a file name that ends in a space',
      { ...entry, network: { ...entry.network, file: 'net ' } },
      /must be a file name/,
    ],
    [
      'one name for two files',
      { ...entry, network: { ...entry.network, file: 'Labels.txt' } },
      /two different files have the name/,
    ],
    ['a long file name', { ...entry, network: { ...entry.network, file: 'x'.repeat(200) } }, /network\.file/],
    ['text that changes the terminal', { ...entry, about: 'birds\u001b[2J' }, /about: must be one line/],
    ['text of two lines', { ...entry, license: 'MIT\nfashion-mnist' }, /license: must be one line/],
    ['a misspelt field', { ...entry, lables: 1 }, /lables/],
  ])('is rejected in one line with %s', async (_, model, message) => {
    const text = await failure(await writeCatalog({ googlenet: model }));
    expect(text).toMatch(/^INCEPTION_CATALOG .*catalog\.json is not a model catalog: /);
    expect(text).toMatch(message);
    expect(text).not.toContain('secret');
  });

  it('is rejected in one line if it is no file, no JSON or has an invalid name', async () => {
    expect(await failure('none.json')).toMatch(/^INCEPTION_CATALOG none\.json cannot be read: give a JSON file/);
    const path = join(temporaryFolder(), 'page.json');
    await writeFile(path, '<html>\nlog in');
    expect(await failure(path)).toMatch(/page\.json is not a model catalog: /);
    expect(await failure(await writeCatalog({ 'Goog/Le': entry }))).toMatch(
      /is not a model catalog: the name "Goog\/Le" must be lower-case letters, digits/,
    );
  });

  it('is rejected in one line with a name that is too long, __proto__, or given twice', async () => {
    expect(await failure(await writeCatalog({ ['x'.repeat(65)]: entry }))).toMatch(
      /: the name "x+" must have at most 64 characters$/,
    );
    const path = join(temporaryFolder(), 'catalog.json');
    const json = JSON.stringify(entry);
    await writeFile(path, `{"formatVersion": 1, "models": {"__proto__": ${json}}}`);
    expect(await failure(path)).toMatch(/ is not a model catalog: __proto__ is not a name$/);
    await writeFile(
      path,
      `{"formatVersion": 1, "models": {"birds": ${json}, "fish": ${json}, "bir\\u0064s" : ${json}}}`,
    );
    expect(await failure(path)).toMatch(/ is not a model catalog: "birds" is given twice$/);
  });

  it('is accepted with a byte order mark, and with text that looks like keys', async () => {
    const path = join(temporaryFolder(), 'catalog.json');
    const birds = { ...entry, about: '"about": "{' };
    await writeFile(path, `\uFEFF${JSON.stringify({ formatVersion: 1, models: { birds } })}`);
    const catalog = await readCatalog({ location: path, cache: { catalogs: temporaryFolder() } });
    expect(catalog.get('birds')?.about).toBe(birds.about);
  });

  it('is read from the kept copy, with a notice, if its address gives no catalog any more', async () => {
    const files: Record<string, Buffer> = {
      'catalog.json': Buffer.from(JSON.stringify({ formatVersion: 1, models: { birds: entry } })),
    };
    const { url } = await serveFiles(files);
    const notices: string[] = [];
    const options = {
      location: `${url}/catalog.json?key=secret`,
      cache: { catalogs: temporaryFolder() },
      onNotice: (notice: string) => void notices.push(notice),
    };
    files['catalog.json?key=secret'] = files['catalog.json'] ?? Buffer.of();
    expect((await readCatalog({ ...options, request: 'never' })).has('birds')).toBe(false);
    expect(notices).toEqual([`INCEPTION_CATALOG ${url}/catalog.json has not been read yet: its models are missing`]);
    await readCatalog(options);
    files['catalog.json?key=secret'] = Buffer.from('<html>');
    expect((await readCatalog({ ...options, request: 'always' })).has('birds')).toBe(true);
    delete files['catalog.json?key=secret'];
    expect((await readCatalog({ ...options, request: 'always' })).has('birds')).toBe(true);
    expect(notices.slice(1)).toEqual([
      expect.stringMatching(
        /^INCEPTION_CATALOG .*catalog\.json is not a model catalog: .*; using the copy that was read last$/,
      ),
      `INCEPTION_CATALOG ${url}/catalog.json cannot be read: expected HTTP 200, got 404; using the copy that was read last`,
    ]);
  });

  it('is requested again if the kept copy is damaged, and is read only up to its largest size', async () => {
    const files: Record<string, Buffer> = {
      'catalog.json': Buffer.from(JSON.stringify({ formatVersion: 1, models: { birds: entry } })),
    };
    const { url, requests } = await serveFiles(files);
    const options = { location: `${url}/catalog.json`, cache: { catalogs: temporaryFolder() } };
    await readCatalog(options);
    const [copy = ''] = await readdir(options.cache.catalogs);
    await writeFile(join(options.cache.catalogs, copy), '{');
    expect((await readCatalog(options)).has('birds')).toBe(true);
    expect(requests).toHaveLength(2);
    const endless = await httpAnswers((_, __, response) => {
      const more = () => response.writable && response.write(' '.repeat(100_000), more);
      more();
    });
    expect(await failure(endless)).toMatch(/cannot be read: expected at most 1048576 bytes, got more$/);
  });

  it('at an address with a password is rejected without printing it', async () => {
    const message = await failure('http://user:secret@127.0.0.1:9/catalog.json');
    expect(message).toBe(
      'INCEPTION_CATALOG http://127.0.0.1:9/catalog.json must not contain a user name or a password',
    );
  });

  it('is requested once from an address, then used without a network, and read again on demand', async () => {
    const files = { 'catalog.json': Buffer.from(JSON.stringify({ formatVersion: 1, models: { birds: entry } })) };
    const { url, requests } = await serveFiles(files);
    const options = { location: `${url}/catalog.json`, cache: { catalogs: temporaryFolder() } };
    expect((await readCatalog({ ...options, request: 'never' })).has('birds')).toBe(false);
    expect((await readCatalog(options)).has('birds')).toBe(true);
    expect((await readCatalog(options)).has('birds')).toBe(true);
    expect((await readCatalog({ ...options, request: 'never' })).has('birds')).toBe(true);
    expect(requests).toHaveLength(1);
    files['catalog.json'] = Buffer.from(JSON.stringify({ formatVersion: 1, models: { fish: entry } }));
    expect((await readCatalog({ ...options, request: 'always' })).has('fish')).toBe(true);
    expect((await readCatalog(options)).has('birds')).toBe(false);
    expect(await readdir(options.cache.catalogs)).toHaveLength(1);
  });

  it('is rejected in one line if its address gives an error, another page or nothing', async () => {
    const page = await httpAnswers((_, __, response) => response.end('<html>log in</html>'));
    const error = await httpAnswers((_, __, response) => response.writeHead(503).end());
    expect(await failure(page)).toMatch(/^INCEPTION_CATALOG http:.* is not a model catalog: /);
    expect(await failure(error)).toMatch(/^INCEPTION_CATALOG http:.* cannot be read: expected HTTP 200, got 503$/);
    expect(await failure(`${host}/x`)).toMatch(/^INCEPTION_CATALOG http:.* cannot be read: /);
  });
});
