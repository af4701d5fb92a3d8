import { execFile } from 'node:child_process';
import { cp, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { jsonLines } from '../support/cli.ts';
import { fixtures } from '../support/fixtures.ts';
import { installPackage } from '../support/installed-package.ts';
import { listen } from '../support/listen.ts';
import { catalogFile, publishedFiles, writeCatalog } from '../support/model-catalog.ts';
import { writePhotos } from '../support/photos.ts';
import { startServeOf } from '../support/serve.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const execute = promisify(execFile);
const folder = temporaryFolder();
/** An empty folder in which the package is installed. */
const user = join(folder, 'user');
const command = join(user, 'node_modules/.bin/inception-batch');

beforeAll(async () => {
  await installPackage(folder);
});

it('the package works after installation in another folder', async () => {
  const installed = join(user, 'node_modules/inception-batch');
  const files = await readdir(installed, { recursive: true });
  expect(files.filter((name) => /^(?!dist\/).*\.ts$|^(test|events|bench)/.test(name))).toEqual([]);

  await writeTinyModel(join(folder, 'model'));
  await writePhotos(join(folder, 'drop'), 5);
  const inceptionBatch = (...args: string[]) => execute(process.execPath, [command, ...args], { cwd: user });
  expect((await inceptionBatch('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const { stdout } = await inceptionBatch('run', '../drop', '--model', '../model', '--store', 'store', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ total: 5, classified: 5 });
  const sql = 'select count(*) as n from results';
  const counted = await inceptionBatch('results', '--store', 'store', '--json', '--sql', sql);
  expect(counted.stdout).toBe('{"n":5}\n');

  const served = await startServeOf(command, ['--store', join(user, 'store')]);
  expect(await (await fetch(served.url)).text()).toContain('<title>Gallery</title>');
  expect(await (await fetch(`${served.url}api/images`)).json()).toMatchObject({ count: 5 });
  expect((await served.stop()).code).toBe(0);
});

/** The files of `googlenet`: the real ones, or small ones of the same form. */
async function publishedModel(): Promise<{ readonly network: Buffer; readonly labels: Buffer }> {
  if (fixtures === undefined) return publishedFiles;
  const [network, labels] = await Promise.all(
    ['googlenet-zoo.onnx', 'synset_words.txt'].map((name) => readFile(join(fixtures ?? '', 'models', name))),
  );
  return { network: network ?? Buffer.alloc(0), labels: labels ?? Buffer.alloc(0) };
}

it('an installed package labels a folder of photos without options, and again without a network', async () => {
  const { network, labels } = await publishedModel();
  let requests = 0;
  const server = createServer(({ url }, response) => {
    requests += 1;
    response.end(url === '/network' ? network : labels);
  });
  const host = `http://127.0.0.1:${await listen(server)}`;
  const googlenet = {
    kind: 'import',
    preset: 'bvlc',
    network: catalogFile('googlenet.onnx', network, `${host}/network`),
    labels: catalogFile('labels.txt', labels, `${host}/labels`),
  };
  const photos = join(user, 'photos');
  if (fixtures === undefined) await writePhotos(photos, 1);
  else await cp(join(fixtures, 'photos/n01440764_tench.jpg'), join(photos, 'n01440764_tench.jpg'));
  const { XDG_CACHE_HOME: _, ...inherited } = process.env;
  const env = {
    ...inherited,
    HOME: temporaryFolder(),
    PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`,
    INCEPTION_CATALOG: await writeCatalog({ googlenet }),
  };
  const npx = (...args: string[]) => execute('npx', ['--no-install', 'inception-batch', ...args], { cwd: user, env });

  const first = await npx('run', './photos');
  expect(first.stdout).toMatch(/1 images? of job photos .*: 1 classified/);
  expect(first.stderr).toMatch(/importing googlenet\.onnx…\noptimizing googlenet…/);
  const [row] = jsonLines((await npx('results', '--json')).stdout);
  expect(row).toMatchObject({ status: 'classified', model: expect.stringMatching(/^googlenet@/) });
  if (fixtures !== undefined) expect(row).toMatchObject({ label: 'tench, Tinca tinca' });
  expect(requests).toBe(2);

  server.close();
  server.closeAllConnections();
  const second = await npx('run', './photos', '--store', 'second', '--json');
  expect(JSON.parse(second.stdout)).toMatchObject({ classified: 1, model: row?.['model'] });
  expect(requests).toBe(2);
  expect((await npx('run', './photos', '--store', 'third', '--model', 'fashion-mnist', '--json')).stdout).toContain(
    '"classified":1',
  );
});
