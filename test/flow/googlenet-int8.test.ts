import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWithFixtures } from '../support/fixtures.ts';
import { catalogFile, serveFiles, userWithCatalog, writeCatalog } from '../support/model-catalog.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('another network named googlenet has no int8 copy, and the command says so in one line', async () => {
  const { environment } = await userWithCatalog();
  const { code, stdout, stderr } = await runCommand(['model', 'pull', 'googlenet-int8', '--json'], environment);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /^inception-batch: the ranges were measured in another network, googlenet@\w+ on 160 images of photos: [^\n]+\n$/,
  );
});

describeWithFixtures('GoogLeNet with its published weights', (fixtures) => {
  it('becomes the same int8 model by name on every machine, from the downloaded files alone', async () => {
    const network = await readFile(join(fixtures, 'models/googlenet-zoo.onnx'));
    const labels = await readFile(join(fixtures, 'models/synset_words.txt'));
    const { url, requests } = await serveFiles({ 'net.onnx': network, 'labels.txt': labels });
    const googlenet = {
      ...{ kind: 'import', preset: 'bvlc' },
      network: catalogFile('net.onnx', network, `${url}/net.onnx`),
      labels: catalogFile('labels.txt', labels, `${url}/labels.txt`),
    };
    const environment = {
      INCEPTION_CATALOG: await writeCatalog({ googlenet }),
      XDG_CACHE_HOME: temporaryFolder(),
    };
    const pulled = await runCommand(['model', 'pull', 'googlenet-int8'], environment);
    expect(pulled.stdout).toMatch(/^googlenet-int8@61c5b246488d in .*: 1,000 labels/);
    expect(pulled.stderr).toMatch(/\nconverting googlenet to int8…\n$/);
    expect(requests).toHaveLength(2);
    const verified = await runCommand(['model', 'verify', 'googlenet-int8', '--json'], environment);
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true });
  });
});
