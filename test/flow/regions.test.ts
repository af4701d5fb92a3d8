import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ingestEnvironment } from '../../lambdas/ingest/config.ts';
import { ingestHandler } from '../../lambdas/ingest/handler.ts';
import { openIngestPorts } from '../../lambdas/ingest/open-ports.ts';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import { startInceptionBatch } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { makeTinyDetector, writeTiles } from '../support/region-photos.ts';
import { commandOutput, failureOf, queryResults, runCommand } from '../support/run-command.ts';
import { s3Notification, sqsEvent } from '../support/sqs-event.ts';
import { startAws } from '../support/start-aws.ts';
import { startWorker } from '../support/start-worker.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const drop = join(folder, 'drop');
const model = await makeTinyDetector();
const names = await writeTiles(drop, 20);
const blank = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#808080' } })
    .png()
    .toBuffer();
const empty = {
  'one-pixel.png': await blank(1, 1),
  'one-color.png': await blank(90, 60),
  'thin.png': await blank(4000, 2),
};
for (const [name, bytes] of Object.entries(empty)) await writeFile(join(drop, name), bytes);
await writeFile(join(drop, 'note.jpg'), 'no picture');
const keys = [...names, ...Object.keys(empty), 'note.jpg'].toSorted();

const aws = await startAws();
const bucket = await aws.makeBucket();
for (const name of keys) await aws.put(bucket, name, await readFile(join(drop, name)));

function run(images: string, store: string, ...args: string[]) {
  const more = ['--model', model, '--store', store, '--endpoint', aws.endpoint, '--json', ...args];
  return runCommand(['run', images, ...more], { AWS_REGION: 'us-east-1' });
}

const columns = 'key, status, reason, label_id, probability, embedding, width, height, regions, proposals';

function rowsIn(store: string) {
  return queryResults(store, `select ${columns} from results order by key`, aws.endpoint);
}

const local = join(folder, 'store');
const first = await run(drop, local, '--regions', '30');
const expected = await rowsIn(local);

describe('run with regions', () => {
  it('keeps the objects of every image in its row, in pixels of the image', () => {
    expect(first.stderr).toBe('');
    expect(JSON.parse(first.stdout)).toMatchObject({ total: 24, classified: 23, rejected: 1, pending: 0 });
    expect(expected.map(({ key }) => key)).toEqual(keys);
    const found = expected.filter(({ key }) => names.includes(String(key)));
    for (const { key, regions } of found) {
      if (!Array.isArray(regions)) throw new Error(`expected regions in ${key}`);
      const tiles = regions.filter(({ label_id, probability }) => label_id === 't3' && probability >= 0.5);
      expect(tiles.length, String(key)).toBeGreaterThan(0);
      for (const { x, y, width, height } of regions) {
        expect(Math.min(x, y, width - 1, height - 1)).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(160);
        expect(y + height).toBeLessThanOrEqual(120);
      }
    }
    // The first tile of the first image is at 10, 12 and has 40 × 36 pixels.
    expect(found[0]).toMatchObject({
      regions: expect.arrayContaining([
        expect.objectContaining({
          label_id: 't3',
          x: expect.toSatisfy((x: number) => Math.abs(x - 10) <= 4),
          width: expect.toSatisfy((width: number) => Math.abs(width - 40) <= 8),
        }),
      ]),
    });
  });

  it('gives images without an object an empty list, and rejected images none', () => {
    const byKey = new Map(expected.map(({ key, regions }) => [key, regions]));
    for (const name of Object.keys(empty)) expect(byKey.get(name), name).toEqual([]);
    expect(byKey.get('note.jpg')).toBeNull();
  });

  it('has the same regions by watching a folder, for images that are there and for those that come', async () => {
    const watched = join(folder, 'watched');
    const store = join(folder, 'of-watch');
    await mkdir(watched);
    const add = (name: string) => cp(join(drop, name), join(watched, name));
    const hasRowsOf = (images: readonly string[]) =>
      eventually(
        async () => expect(await rowsIn(store)).toEqual(expected.filter(({ key }) => images.includes(String(key)))),
        { interval: 200 },
      );
    const [first = '', second = '', third = ''] = names;
    for (const name of [first, second, 'one-color.png']) await add(name);
    const watching = startInceptionBatch(['watch', watched, '--model', model, '--store', store, '--regions', '30']);
    onTestFinished(() => {
      watching.kill('SIGKILL');
    });
    const exited = once(watching, 'exit');
    await hasRowsOf([first, second, 'one-color.png']);
    await add(third);
    await hasRowsOf([first, second, third, 'one-color.png']);
    watching.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
  });

  it('is another computation of the same images with another number of regions, and without', async () => {
    const counts = async (...args: string[]) => {
      const { classified, done } = JSON.parse((await run(drop, local, ...args)).stdout);
      return { classified, done };
    };
    expect(await counts('--regions', '30')).toEqual({ classified: 0, done: 24 });
    expect(await counts('--regions', '3')).toEqual({ classified: 23, done: 0 });
    expect(await counts()).toEqual({ classified: 23, done: 0 });
    const sql = "select count(*) as rows, count(distinct preprocess) as ways from results where key like 'tiles-%'";
    expect(await queryResults(local, sql)).toEqual([{ rows: 60, ways: 3 }]);
  });

  it('gives the whole images the rows that they have without regions', async () => {
    const plain = join(folder, 'plain');
    await run(drop, plain);
    const whole = expected.map((row) => ({ ...row, regions: null, proposals: null }));
    expect(await rowsIn(plain)).toEqual(whole);
  });

  it.each(['0', '1001', '1.5', 'x', '-3', ''])('rejects the number %j in one line', async (text) => {
    for (const command of [
      ['run', drop],
      ['watch', drop],
      ['replay', 'event.json'],
    ]) {
      const line = await failureOf([...command, '--store', join(folder, 'unused'), `--regions=${text}`], 2);
      expect(line).toMatch(/--regions <n>.*Give a whole number from 1 to 1000\./);
    }
  });
});

it('refuses more crops per image than a receiver accepts in one line, before any work, with a queue and without', async () => {
  const large = await makeTinyDetector({ size: 512 });
  const event = join(folder, 'one.json');
  await writeFile(event, JSON.stringify(sqsEvent(s3Notification('photos', keys[0] ?? ''))));
  const unused = join(folder, 'never');
  const queue = ['--queue', await aws.makeCropsQueue(), '--endpoint', aws.endpoint];
  for (const command of [
    ['run', drop, '--store', unused],
    ['run', `s3://${bucket}`, '--store', unused, ...queue],
    ['watch', drop, '--store', unused],
    ['replay', event, '--store', unused, '--objects', folder],
    ['classify', join(drop, keys[0] ?? '')],
  ]) {
    expect(await failureOf([...command, '--model', large, '--regions', '1000'])).toMatch(
      /^1001 crops of 512×512 take 787218432 bytes per image, .*: classify at most 681 regions per image$/m,
    );
  }
  expect(existsSync(unused)).toBe(false);
});

describe('the same images through S3 and SQS', () => {
  it('have the same regions, packed in S3', async () => {
    const store = `s3://${await aws.makeBucket()}/results`;
    const queue = ['--queue', await aws.makeCropsQueue(), '--transport', 'packed'];
    const { stderr, stdout } = await run(`s3://${bucket}`, store, '--regions', '30', ...queue);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ total: 24, classified: 23, rejected: 1, pending: 0 });
    expect(await rowsIn(store)).toEqual(expected);
    const status = await commandOutput(['status', '--store', store, '--endpoint', aws.endpoint, '--json']);
    const proposals = expected.reduce((sum, row) => sum + Number(row['proposals']), 0);
    expect(proposals).toBeGreaterThan(20 * 5);
    expect(JSON.parse(status).usage.estimates).toMatchObject([{ job: { regions: Math.ceil(proposals / 24) } }]);
  });

  it('have the same regions with the captured event of a function', async () => {
    const event = join(folder, 'event.json');
    await writeFile(event, JSON.stringify(sqsEvent(...keys.slice(0, 10).map((key) => s3Notification('photos', key)))));
    const objects = join(folder, 'objects');
    const store = join(folder, 'replayed');
    await cp(drop, join(objects, 'photos'), { recursive: true });
    const options = ['--model', model, '--store', store, '--objects', objects, '--regions', '30', '--json'];
    const { code, stderr } = await runCommand(['replay', event, ...options]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await rowsIn(store)).toEqual(expected.slice(0, 10));
  });

  it('have the same regions, each image once, with functions and workers of which one is killed', async () => {
    const store = await aws.makeBucket();
    const queue = await aws.makeCropsQueue({ visibilitySeconds: 5 });
    const environment = {
      ...{ CROPS_QUEUE_URL: queue, RESULTS: `s3://${store}`, AWS_ENDPOINT: aws.endpoint, REGIONS: '30' },
      MODEL_MANIFEST: join(model, 'manifest.json'),
    };
    const ingest = ingestHandler(await openIngestPorts(readEnvironment(ingestEnvironment, environment)));
    expect(await ingest(sqsEvent(...keys.map((key) => s3Notification(bucket, key))))).toEqual({
      batchItemFailures: [],
    });
    const start = () => startWorker({ ...environment, MODEL: model, PART_AGE_MS: '100', BATCH_SIZE: '4' });
    const killed = start();
    await eventually(async () => expect((await aws.depth(queue)).inFlight).toBeGreaterThan(0));
    killed.kill('SIGKILL');
    const worker = start();
    await aws.waitUntilEmpty(queue);
    await worker.stop();
    expect(await rowsIn(`s3://${store}`)).toEqual(expected);
    const regions = expected.flatMap((row) => (Array.isArray(row['regions']) ? row['regions'] : [])).length;
    const sql = 'select count(*)::int as regions, count(embedding)::int as embeddings from regions';
    const query = ['results', '--store', `s3://${store}`, '--endpoint', aws.endpoint, '--embeddings', '--sql', sql];
    expect(JSON.parse(await commandOutput([...query, '--json']))).toEqual({ regions, embeddings: regions });
  });

  it('are in several packs if the regions of an image exceed one', async () => {
    const large = await makeTinyDetector({ size: 224 });
    const photos = join(folder, 'large');
    await writeTiles(photos, 2);
    const args = ['--regions', '200', '--model', large];
    await run(photos, join(folder, 'store-of-large'), ...args);
    const results = await aws.makeBucket();
    const queue = ['--queue', await aws.makeCropsQueue(), '--transport', 'packed'];
    const { stderr } = await run(photos, `s3://${results}`, ...args, ...queue);
    expect(stderr).toBe('');
    const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: results, Prefix: 'packed/' }));
    for (const { Size = 0 } of Contents) expect(Size).toBeLessThanOrEqual(10 * 2 ** 20);
    const rows = await rowsIn(`s3://${results}`);
    expect(rows).toHaveLength(2);
    expect(rows).toEqual(await rowsIn(join(folder, 'store-of-large')));
  });

  it('are refused inline in one line if the regions do not fit in a message', async () => {
    const large = await makeTinyDetector({ size: 224 });
    const queue = ['--queue', await aws.makeCropsQueue(), '--endpoint', aws.endpoint];
    const args = ['run', drop, '--model', large, '--regions', '100', '--store', join(folder, 'unused'), ...queue];
    expect(await failureOf(args)).toMatch(
      /^101 crops of 224×224 take \d+ bytes in a message, over the limit of 1048576: use .*packed or auto/,
    );
  });
});
