import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { ingestEnvironment } from '../../lambdas/ingest/config.ts';
import { ingestHandler } from '../../lambdas/ingest/handler.ts';
import { openIngestPorts } from '../../lambdas/ingest/open-ports.ts';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { jsonLines, repository } from '../support/cli.ts';
import { type Fauxqs, startFauxqs } from '../support/fauxqs.ts';
import { writePhotos } from '../support/photos.ts';
import { runCommand } from '../support/run-command.ts';
import { receiveRecords } from '../support/sqs-event.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { startWatchingProxy } from '../support/watching-proxy.ts';

const folder = temporaryFolder();
const model = join(folder, 'model');
const cache = { XDG_CACHE_HOME: join(folder, 'cache') };
const keys = ['2019/a 1.jpg', '2019/b.jpg', '2020/c.jpg', '2020/.hidden.jpg', 'note.txt', 'grün 🌻.jpg'];
const shown = keys.filter((key) => !key.includes('.hidden')).toSorted();
let aws: Fauxqs;
let bucket: string;

beforeAll(async () => {
  aws = await startFauxqs();
  await writeTinyModel(model);
  const names = await writePhotos(join(folder, 'drop'), keys.length);
  bucket = await aws.makeBucket();
  for (const [index, key] of keys.entries()) {
    const Body = key === 'note.txt' ? 'no picture' : await readFile(join(folder, 'drop', names[index] ?? ''));
    await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: `photos/${key}`, Body }));
  }
});
afterAll(() => aws.stop());

async function submit(store: string, ...more: string[]) {
  const args = ['submit', `s3://${bucket}/photos/`, '--model', model, '--store', store, '--endpoint', aws.endpoint];
  const { code, stdout, stderr } = await runCommand([...args, ...more, '--json'], cache);
  return { code, stderr, told: stdout === '' ? {} : JSON.parse(stdout) };
}

function keysOf(messages: readonly { body: string }[]): string[] {
  return messages.flatMap(({ body }) => JSON.parse(body).images.map(({ key }: { key: string }) => key)).toSorted();
}

async function objectsIn(store: string): Promise<string[]> {
  const [, name = ''] = /^s3:\/\/([^/]+)/.exec(store) ?? [];
  return (await Array.fromAsync(new S3Store(aws.s3).list(name, ''))).map(({ key }) => key);
}

describe('submit', () => {
  it('takes objects that are in a bucket to rows of the job, and then finds nothing left to do', async () => {
    const store = `s3://${await aws.makeBucket()}/nested`;
    const uploads = await aws.makeQueue();
    const first = await submit(store, '--queue', uploads, '--job', 'old photos');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.told).toMatchObject({
      job: 'old photos',
      listed: 5,
      filteredOut: 0,
      done: 0,
      submitted: 5,
      refused: 0,
    });
    expect(await objectsIn(store)).toEqual([expect.stringMatching(/^nested\/jobs\/old%20photos\/images-.*\.parquet$/)]);

    const messages = await receiveRecords(aws.sqs, uploads);
    expect(keysOf(messages)).toEqual(shown.map((key) => `photos/${key}`));
    await classify(messages, store);
    const sql = 'select key, job, status from results order by key';
    const results = ['results', '--store', store, '--endpoint', aws.endpoint, '--json', '--sql', sql];
    const rows = jsonLines((await runCommand(results, cache)).stdout);
    const status = (key: string) => (key === 'note.txt' ? 'rejected' : 'classified');
    expect(rows).toEqual(shown.map((key) => ({ key: `photos/${key}`, job: 'old photos', status: status(key) })));

    const before = await objectsIn(store);
    const again = await submit(store, '--queue', uploads, '--job', 'old photos');
    expect(again).toMatchObject({ code: 0, told: { listed: 5, done: 5, submitted: 0 } });
    expect(await objectsIn(store)).toEqual(before);
    expect(await receiveRecords(aws.sqs, uploads)).toEqual([]);

    const other = await submit(store, '--queue', uploads, '--crops', '10', '--dry-run');
    expect(other).toMatchObject({ code: 0, told: { done: 0, wanted: 5, estimate: { job: { crops: 10 } } } });
  });

  it('sends what globs leave, named after its folder; and again what has no result yet', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const uploads = await aws.makeQueue();
    const only = ['--queue', uploads, '--include', '**/*.jpg', '--exclude', '2020/**'];
    const counts = { job: 'photos', listed: 5, filteredOut: 2, done: 0, submitted: 3 };
    expect(await submit(store, ...only)).toMatchObject({ code: 0, told: counts });
    expect(await submit(store, ...only)).toMatchObject({ code: 0, told: counts });
    const sent = ['photos/2019/a 1.jpg', 'photos/2019/b.jpg', 'photos/grün 🌻.jpg'];
    expect(keysOf(await receiveRecords(aws.sqs, uploads))).toEqual([...sent, ...sent].toSorted());
    expect(await objectsIn(store)).toHaveLength(2);
  });

  it('takes its own lists for no images, should these lie in the same bucket', async () => {
    const own = await aws.makeBucket();
    await aws.s3.send(new PutObjectCommand({ Bucket: own, Key: 'a.jpg', Body: 'x' }));
    const args = ['submit', `s3://${own}`, '--model', model, '--store', `s3://${own}`, '--endpoint', aws.endpoint];
    const queue = ['--queue', await aws.makeQueue(), '--json'];
    for (const lists of [1, 2]) {
      const { stdout } = await runCommand([...args, ...queue], cache);
      expect(JSON.parse(stdout)).toMatchObject({ job: own, listed: 1, submitted: 1 });
      expect((await objectsIn(`s3://${own}`)).filter((key) => key.startsWith('jobs/'))).toHaveLength(lists);
    }
  });

  it('only counts and tells the price on a dry run: it sends nothing and writes nothing', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const uploads = await aws.makeQueue();
    const { code, told } = await submit(store, '--dry-run', '--queue', uploads, '--exclude', '*.txt');
    expect(code).toBe(0);
    expect(told).toMatchObject({ listed: 5, filteredOut: 1, wanted: 4, submitted: 0, dryRun: true });
    expect(told.estimate.job).toMatchObject({ images: 4, bytes: told.bytes / 4, listed: true });
    expect(told.estimate.dollars).toBeGreaterThan(0);
    expect(await objectsIn(store)).toEqual([]);
    const names = ['ApproximateNumberOfMessages'] as const;
    const { Attributes } = await aws.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: uploads, AttributeNames: [...names] }),
    );
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '0' });
  });

  it('tells a person what was sent, and how to see what becomes of it', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const args = ['submit', `s3://${bucket}/photos`, '--model', model, '--store', store, '--endpoint', aws.endpoint];
    const { code, stdout } = await runCommand([...args, '--queue', await aws.makeQueue(), '--job', 'my job'], cache);
    expect(code).toBe(0);
    expect(stdout).toMatch(/│ listed +│ +│ +5 │\n│ submitted │ +│ +5 │\n/);
    expect(stdout).toMatch(/^5 images submitted to job my job in /m);
    expect(stdout).toContain(`inception-batch status --store ${store} --job 'my job' --watch`);
  });
});

describe('a submission with a fault', () => {
  const sends = z.object({ Entries: z.array(z.object({ Id: z.string(), MessageBody: z.string() })) });

  it('names the images that the queue keeps refusing, and ends with 1', async () => {
    const uploads = await aws.makeQueue();
    const proxy = await startWatchingProxy(aws.endpoint, ({ headers }, body) => {
      if (headers['x-amz-target'] !== 'AmazonSQS.SendMessageBatch') return undefined;
      const { Entries } = sends.parse(JSON.parse(body.toString()));
      const [bad] = Entries.filter(({ MessageBody }) => MessageBody.includes('note.txt'));
      if (bad === undefined) return undefined;
      const Failed = [{ Id: bad.Id, SenderFault: true, Code: 'InvalidMessageContents', Message: 'not that' }];
      const taken = Entries.filter(({ Id }) => Id !== bad.Id);
      const md5 = (body: string) => createHash('md5').update(body).digest('hex');
      const Successful = taken.map(({ Id, MessageBody }) => ({
        Id,
        MessageId: Id,
        MD5OfMessageBody: md5(MessageBody),
      }));
      return { Successful, Failed };
    });
    onTestFinished(() => proxy.stop());
    const args = ['--queue', uploads, '--endpoint', proxy.endpoint];
    const { code, told } = await submit(`s3://${await aws.makeBucket()}`, ...args);
    expect(code).toBe(1);
    const reason = expect.stringMatching(/InvalidMessageContents: not that$/);
    expect(told).toMatchObject({ submitted: 4, refused: 1, refusals: [{ key: 'photos/note.txt', reason }] });
  });

  it('that was interrupted ends with 130, and goes on when it is run again', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const uploads = await aws.makeQueue();
    const { promise: isListing, resolve: listing } = Promise.withResolvers<void>();
    const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
    const proxy = await startWatchingProxy(aws.endpoint, async ({ url = '' }) => {
      if (!url.startsWith(`/${bucket}`)) return undefined;
      listing();
      await goesOn;
      return undefined;
    });
    onTestFinished(() => proxy.stop());
    const source = ['submit', `s3://${bucket}/photos/`, '--model', model, '--store', store, '--queue', uploads];
    const child = spawn(
      process.execPath,
      [join(repository, 'cli/inception-batch.js'), ...source, '--json', '--endpoint', proxy.endpoint],
      { env: { ...process.env, ...cache }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const [output, said, exited] = [text(child.stdout), text(child.stderr), once(child, 'exit')];
    await isListing;
    child.kill('SIGINT');
    await once(child.stderr, 'data');
    goOn();
    expect(await exited).toEqual([130, null]);
    expect(await said).toContain('finishing what is under way');
    expect(JSON.parse(await output)).toMatchObject({ submitted: 0, interrupted: true });
    expect(await submit(store, '--queue', uploads)).toMatchObject({ code: 0, told: { submitted: 5 } });
  });
});

describe('submit says in one line that', () => {
  const cases: [string, string[], RegExp][] = [
    [
      'a folder is no source',
      ['./photos'],
      /^expected images in S3, .* got \.\/photos: on one machine "inception-batch run" does that$/,
    ],
    [
      'a folder is no store',
      ['s3://IMAGES', '--store', 'here'],
      /^expected a store in S3, .* got here: on one machine "inception-batch run" does that$/,
    ],
    ['there is no such bucket', ['s3://no-such-bucket'], /^there is no bucket no-such-bucket$/],
    ['there is no such store', ['s3://IMAGES', '--store', 's3://no-such-store'], /^there is no bucket no-such-store$/],
    [
      'there is no such queue',
      ['s3://IMAGES', '--queue', 'http://127.0.0.1/000000000000/none'],
      /^the queue http:\/\/127\.0\.0\.1\/000000000000\/none does not exist$/,
    ],
    ['there is no model', ['s3://IMAGES', '--model', 'nowhere'], /^no model in nowhere: manifest\.json is missing; /],
    ['nothing is there', ['s3://IMAGES/none/'], /^no object to submit in s3:\/\/[^ ]*\/none\/$/],
    [
      'nothing is wanted',
      ['s3://IMAGES', '--include', '*.jpg'],
      /^no object to submit in \S+: none of 5 is left by --include .* such as photos\/2019\/a 1\.jpg$/,
    ],
    [
      'a folder gives no name to a job',
      ['s3://IMAGES/../'],
      /^give --job: the name taken from \S+ is not a folder name$/,
    ],
  ];
  it.each(cases)('%s', async (_, args, line) => {
    const [source = '', ...options] = args.map((arg) => arg.replace('IMAGES', bucket));
    const defaults = ['--model', model, '--store', `s3://${await aws.makeBucket()}`, '--queue', await aws.makeQueue()];
    const { code, stdout, stderr } = await runCommand(
      ['submit', source, ...defaults, ...options, '--endpoint', aws.endpoint],
      cache,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^inception-batch: [^\n]*\n$/);
    expect(stderr.trimEnd().slice('inception-batch: '.length)).toMatch(line);
  });
});

/** Has ingest take messages of the uploads queue, and a worker the crops. */
async function classify(messages: readonly unknown[], store: string): Promise<void> {
  const crops = await aws.makeQueue({ maxReceiveCount: 3, deadLetterUrl: await aws.makeQueue() });
  const environment = {
    ...{ CROPS_QUEUE_URL: crops, RESULTS: store, AWS_ENDPOINT: aws.endpoint },
    MODEL_MANIFEST: join(model, 'manifest.json'),
  };
  const ingest = ingestHandler(await openIngestPorts(readEnvironment(ingestEnvironment, environment)));
  expect(await ingest({ Records: messages })).toEqual({ batchItemFailures: [] });
  const worker = spawn(process.execPath, [join(repository, 'lambdas/classify/process/main.ts')], {
    env: { ...process.env, ...environment, MODEL: model, PART_AGE_MS: '100', AWS_REGION: 'us-east-1' },
    stdio: 'inherit',
  });
  const exited = once(worker, 'exit');
  const queue = await SqsQueue.open(aws.sqs, crops, cropEnvelopeCodec);
  await vi.waitFor(async () => expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0 }), { timeout: 30_000 });
  worker.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
}
