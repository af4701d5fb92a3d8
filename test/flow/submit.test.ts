import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ingestEnvironment } from '../../lambdas/ingest/config.ts';
import { ingestHandler } from '../../lambdas/ingest/handler.ts';
import { openIngestPorts } from '../../lambdas/ingest/open-ports.ts';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { repository } from '../support/cli.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { sqsAnswer, startProxy } from '../support/proxy.ts';
import { failureOf, queryResults, runCommand } from '../support/run-command.ts';
import { receiveRecords } from '../support/sqs-event.ts';
import { startAws } from '../support/start-aws.ts';
import { startWorker } from '../support/start-worker.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const keys = ['2019/a 1.jpg', '2019/b.jpg', '2020/c.jpg', '2020/.hidden.jpg', 'note.txt', 'grün 🌻.jpg'];
const shown = keys.filter((key) => !key.includes('.hidden')).toSorted();
const names = await writePhotos(join(folder, 'drop'), keys.length);
const aws = await startAws();
const bucket = await aws.makeBucket();
for (const [index, key] of keys.entries()) {
  const body = key === 'note.txt' ? 'no picture' : await readFile(join(folder, 'drop', names[index] ?? ''));
  await aws.put(bucket, `photos/${key}`, body);
}

async function submit(store: string, ...more: string[]) {
  const args = ['submit', `s3://${bucket}/photos/`, '--model', model, '--store', store, '--endpoint', aws.endpoint];
  const { code, stdout, stderr } = await runCommand([...args, ...more, '--json']);
  return { code, stderr, submission: stdout === '' ? {} : JSON.parse(stdout) };
}

function keysOf(messages: readonly { body: string }[]): string[] {
  return messages.flatMap(({ body }) => JSON.parse(body).images.map(({ key }: { key: string }) => key)).toSorted();
}

async function objectsIn(store: string): Promise<string[]> {
  const [, name = ''] = /^s3:\/\/([^/]+)/.exec(store) ?? [];
  return (await Array.fromAsync(new S3Store(aws.s3).list(name, ''))).map(({ key }) => key);
}

describe('submit', () => {
  it('turns existing objects of a bucket into rows of the job, and then has nothing left to do', async () => {
    const store = `s3://${await aws.makeBucket()}/nested`;
    const uploads = await aws.makeQueue();
    const first = await submit(store, '--queue', uploads, '--job', 'old photos');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.submission).toMatchObject({
      ...{ job: 'old photos', listed: 5, filteredOut: 0, done: 0, submitted: 5, refused: 0 },
    });
    expect(await objectsIn(store)).toEqual([
      expect.stringMatching(/^nested\/jobs\/old%20photos\/images-.*\.parquet$/),
      'nested/jobs/old%20photos/source.json',
    ]);

    const messages = await receiveRecords(aws.sqs, uploads);
    expect(keysOf(messages)).toEqual(shown.map((key) => `photos/${key}`));
    await classify(messages, store);
    const rows = await queryResults(store, 'select key, job, status from results order by key', aws.endpoint);
    const status = (key: string) => (key === 'note.txt' ? 'rejected' : 'classified');
    expect(rows).toEqual(shown.map((key) => ({ key: `photos/${key}`, job: 'old photos', status: status(key) })));

    const before = await objectsIn(store);
    const again = await submit(store, '--queue', uploads, '--job', 'old photos');
    expect(again).toMatchObject({ code: 0, submission: { listed: 5, done: 5, submitted: 0 } });
    expect(await objectsIn(store)).toEqual(before);
    expect(await receiveRecords(aws.sqs, uploads)).toEqual([]);

    const other = await submit(store, '--queue', uploads, '--crops', '10', '--dry-run');
    expect(other).toMatchObject({ code: 0, submission: { done: 0, wanted: 5, estimate: { job: { crops: 10 } } } });
    const regions = await submit(store, '--queue', uploads, '--regions', '50', '--dry-run');
    expect(regions).toMatchObject({ code: 0, submission: { done: 0, wanted: 5, estimate: { job: { regions: 50 } } } });
    expect(regions.submission.preprocess).not.toBe(other.submission.preprocess);
  });

  it('sends objects that match the globs, in a job named after the folder, and again if they have no result', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const uploads = await aws.makeQueue();
    const only = ['--queue', uploads, '--include', '**/*.jpg', '--exclude', '2020/**'];
    const counts = { job: 'photos', listed: 5, filteredOut: 2, done: 0, submitted: 3 };
    expect(await submit(store, ...only)).toMatchObject({ code: 0, submission: counts });
    expect(await submit(store, ...only)).toMatchObject({ code: 0, submission: counts });
    const sent = ['photos/2019/a 1.jpg', 'photos/2019/b.jpg', 'photos/grün 🌻.jpg'];
    expect(keysOf(await receiveRecords(aws.sqs, uploads))).toEqual([...sent, ...sent].toSorted());
    expect((await objectsIn(store)).filter((key) => key.endsWith('.parquet'))).toHaveLength(2);
  });

  it('does not submit its own lists in the same bucket', async () => {
    const shared = await aws.makeBucket();
    await aws.put(shared, 'a.jpg', 'x');
    const store = `s3://${shared}`;
    const args = ['submit', store, '--model', model, '--store', store, '--endpoint', aws.endpoint];
    const queue = ['--queue', await aws.makeQueue(), '--json'];
    for (const lists of [1, 2]) {
      const { stdout } = await runCommand([...args, ...queue]);
      expect(JSON.parse(stdout)).toMatchObject({ job: shared, listed: 1, submitted: 1 });
      expect((await objectsIn(store)).filter((key) => /^jobs\/.*parquet$/.test(key))).toHaveLength(lists);
    }
  });

  it('only counts and estimates the cost on a dry run, and sends and writes nothing', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const uploads = await aws.makeQueue();
    const { code, submission } = await submit(store, '--dry-run', '--queue', uploads, '--exclude', '*.txt');
    expect(code).toBe(0);
    expect(submission).toMatchObject({ listed: 5, filteredOut: 1, wanted: 4, submitted: 0, dryRun: true });
    expect(submission.estimate.job).toMatchObject({ images: 4, bytes: submission.bytes / 4, listed: true });
    expect(submission.estimate.dollars).toBeGreaterThan(0);
    expect(await objectsIn(store)).toEqual([]);
    expect(await aws.depth(uploads)).toEqual({ visible: 0, inFlight: 0 });
  });

  it('prints how many images were sent, and the command to follow the progress', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const args = ['submit', `s3://${bucket}/photos`, '--model', model, '--store', store, '--endpoint', aws.endpoint];
    const { code, stdout } = await runCommand([...args, '--queue', await aws.makeQueue(), '--job', 'my job']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/│ listed +│ +│ +5 │\n│ submitted │ +│ +5 │\n/);
    expect(stdout).toMatch(/^5 images submitted to job my job in /m);
    expect(stdout).toContain(
      `npx inception-batch status --store ${store} --job 'my job' --watch --endpoint ${aws.endpoint}\n`,
    );
  });
});

describe('a submission with failures', () => {
  const sends = z.object({ Entries: z.array(z.object({ Id: z.string(), MessageBody: z.string() })) });

  it('names the images that the queue keeps refusing, and exits with 1', async () => {
    const uploads = await aws.makeQueue();
    const proxy = await startProxy(aws.endpoint, ({ headers }, body) => {
      if (headers['x-amz-target'] !== 'AmazonSQS.SendMessageBatch') return undefined;
      const { Entries } = sends.parse(JSON.parse(body.toString()));
      const [bad] = Entries.filter(({ MessageBody }) => MessageBody.includes('note.txt'));
      if (bad === undefined) return undefined;
      const Failed = [{ Id: bad.Id, SenderFault: true, Code: 'InvalidMessageContents', Message: 'not that' }];
      const taken = Entries.filter(({ Id }) => Id !== bad.Id);
      const md5 = (body: string) => createHash('md5').update(body).digest('hex');
      const Successful = taken.map(({ Id, MessageBody: body }) => ({ Id, MessageId: Id, MD5OfMessageBody: md5(body) }));
      return sqsAnswer({ Successful, Failed });
    });
    const args = ['--queue', uploads, '--endpoint', proxy.endpoint];
    const { code, submission } = await submit(`s3://${await aws.makeBucket()}`, ...args);
    expect(code).toBe(1);
    const reason = expect.stringMatching(/InvalidMessageContents: not that$/);
    expect(submission).toMatchObject({ submitted: 4, refused: 1, refusals: [{ key: 'photos/note.txt', reason }] });
  });

  it('exits with 130 if it is interrupted, and continues when it is run again', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const uploads = await aws.makeQueue();
    const { promise: isListing, resolve: listing } = Promise.withResolvers<void>();
    const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
    const proxy = await startProxy(aws.endpoint, async ({ url = '' }) => {
      if (!url.startsWith(`/${bucket}`)) return undefined;
      listing();
      await goesOn;
      return undefined;
    });
    const source = ['submit', `s3://${bucket}/photos/`, '--model', model, '--store', store, '--queue', uploads];
    const child = spawn(
      process.execPath,
      [join(repository, 'cli/inception-batch.js'), ...source, '--json', '--endpoint', proxy.endpoint],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const [output, messages, exited] = [text(child.stdout), text(child.stderr), once(child, 'exit')];
    await isListing;
    child.kill('SIGINT');
    await once(child.stderr, 'data');
    goOn();
    expect(await exited).toEqual([130, null]);
    expect(await messages).toContain('finishing the work in progress');
    expect(JSON.parse(await output)).toMatchObject({ submitted: 0, interrupted: true });
    expect(await submit(store, '--queue', uploads)).toMatchObject({ code: 0, submission: { submitted: 5 } });
  });
});

describe('submit explains in one line that', () => {
  const cases: [string, string[], RegExp, 2?][] = [
    [
      'the images must be in a bucket',
      ['./photos'],
      /^the images must be in S3, .*; "npx inception-batch run \.\/photos" classifies a folder, \.\/photos is one$/,
      2,
    ],
    [
      'the store must be in a bucket',
      ['s3://IMAGES', '--store', 'here'],
      /^--store must be in S3, .*; "npx inception-batch run \.\/photos" classifies a folder, here is one$/,
      2,
    ],
    ['the bucket is missing', ['s3://no-such-bucket'], /^the bucket no-such-bucket does not exist$/],
    [
      'the store is missing',
      ['s3://IMAGES', '--store', 's3://no-such-store'],
      /^the bucket no-such-store does not exist$/,
    ],
    [
      'the queue is missing',
      ['s3://IMAGES', '--queue', 'http://127.0.0.1/000000000000/none'],
      /^the queue http:\/\/127\.0\.0\.1\/000000000000\/none does not exist$/,
    ],
    [
      'the model is missing',
      ['s3://IMAGES', '--model', 'nowhere'],
      /^unknown model nowhere: give one of googlenet, .*, or a model directory$/,
    ],
    ['the prefix is empty', ['s3://IMAGES/none/'], /^no object to submit in s3:\/\/[^ ]*\/none\/$/],
    [
      'every object is filtered out',
      ['s3://IMAGES', '--include', '*.jpg'],
      /^no object to submit in \S+: --include .* filter out all 5; .* such as photos\/2019\/a 1\.jpg$/,
    ],
    [
      'the prefix has no valid job name',
      ['s3://IMAGES/../'],
      /^give --job: the name taken from \S+ is not a folder name$/,
      2,
    ],
  ];
  it.each(cases)('%s', async (_, args, line, exitCode) => {
    const [source = '', ...options] = args.map((arg) => arg.replace('IMAGES', bucket));
    const defaults = ['--model', model, '--store', `s3://${await aws.makeBucket()}`, '--queue', await aws.makeQueue()];
    const endpoint = ['--endpoint', aws.endpoint];
    expect(await failureOf(['submit', source, ...defaults, ...options, ...endpoint], exitCode)).toMatch(line);
  });
});

/** Has ingest take messages of the uploads queue, and a worker the crops. */
async function classify(messages: readonly unknown[], store: string): Promise<void> {
  const crops = await aws.makeCropsQueue();
  const environment = {
    ...{ CROPS_QUEUE_URL: crops, RESULTS: store, AWS_ENDPOINT: aws.endpoint },
    MODEL_MANIFEST: join(model, 'manifest.json'),
  };
  const ingest = ingestHandler(await openIngestPorts(readEnvironment(ingestEnvironment, environment)));
  expect(await ingest({ Records: messages })).toEqual({ batchItemFailures: [] });
  const worker = startWorker({ ...environment, MODEL: model, PART_AGE_MS: '100' });
  await aws.waitUntilEmpty(crops);
  await worker.stop();
}
