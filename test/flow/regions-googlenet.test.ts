import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWithFixtures } from '../support/fixtures.ts';
import { catalogFile, serveFiles, writeCatalog } from '../support/model-catalog.ts';
import { queryResults, runCommand } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describeWithFixtures('GoogLeNet in int8 with regions', (fixtures) => {
  it('finds the oxen of an oxcart and a raccoon, through memory as through SQS and S3', async () => {
    const network = await readFile(join(fixtures, 'models/googlenet-zoo.onnx'));
    const labels = await readFile(join(fixtures, 'models/synset_words.txt'));
    const { url } = await serveFiles({ 'net.onnx': network, 'labels.txt': labels });
    const googlenet = {
      ...{ kind: 'import', preset: 'bvlc' },
      network: catalogFile('net.onnx', network, `${url}/net.onnx`),
      labels: catalogFile('labels.txt', labels, `${url}/labels.txt`),
    };
    const environment = {
      ...{ INCEPTION_CATALOG: await writeCatalog({ googlenet }), XDG_CACHE_HOME: temporaryFolder() },
      AWS_REGION: 'us-east-1',
    };
    const folder = temporaryFolder();
    const photos = join(folder, 'photos');
    await mkdir(photos);
    await copyFile(join(fixtures, 'photos/n03868242_oxcart.jpg'), join(photos, 'oxcart.jpg'));
    await copyFile(join(fixtures, 'regions/raccoon-1.jpg'), join(photos, 'raccoon.jpg'));
    const aws = await startAws();
    const args = ['run', photos, '--model', 'googlenet-int8', '--regions', '40', '--json'];
    const store = join(folder, 'store');
    expect((await runCommand([...args, '--store', store], environment)).code).toBe(0);

    const sql = `
      select key, label_id, round(probability, 3)::double as probability, x, y, width, height from regions
      order by key, probability desc, x`;
    const regions = await queryResults(store, sql);
    const ox = regions.filter(({ key, label_id: id }) => key === 'oxcart.jpg' && id === 'n02403003');
    expect(ox.length).toBeGreaterThanOrEqual(2);
    // The box of the raccoon in boxes.json: 81, 88 to 522, 408.
    const animal = regions.filter(({ key }) => key === 'raccoon.jpg');
    const isInside = (box: Record<string, unknown>) => {
      const [x, y] = [Number(box['x']) + Number(box['width']) / 2, Number(box['y']) + Number(box['height']) / 2];
      return x > 81 && x < 522 && y > 88 && y < 408;
    };
    expect(animal.filter(isInside).length).toBeGreaterThan(0);

    const bucket = `s3://${await aws.makeBucket()}`;
    const queue = ['--queue', await aws.makeCropsQueue(), '--endpoint', aws.endpoint, '--store', bucket];
    expect((await runCommand([...args, ...queue], environment)).code).toBe(0);
    expect(await queryResults(bucket, sql, aws.endpoint)).toEqual(regions);
  });
});
