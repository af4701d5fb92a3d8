import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestEnvironment } from '../../lambdas/ingest/config.ts';
import { ingestHandler } from '../../lambdas/ingest/handler.ts';
import { openIngestPorts } from '../../lambdas/ingest/open-ports.ts';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { jsonLines, repository } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { type Fauxqs, startFauxqs } from '../support/fauxqs.ts';
import { writePhotos } from '../support/photos.ts';
import { runCommand } from '../support/run-command.ts';
import { s3Notification } from '../support/s3-notification.ts';
import { sqsEvent } from '../support/sqs-event.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = temporaryFolder();
const model = join(folder, 'model');
const drop = join(folder, 'drop');
const cache = { XDG_CACHE_HOME: join(folder, 'cache') };
const columns =
  'key, status, reason, model, preprocess, label, label_id, probability, "top", embedding, width, height, format, bytes';
let names: string[];
let aws: Fauxqs;
let bucket: string;

beforeAll(async () => {
  aws = await startFauxqs();
  await writeTinyModel(model);
  names = await writePhotos(drop, 30);
  await writeFile(join(drop, 'note.jpg'), 'no picture');
  await writeFile(join(drop, 'zwei Wörter + 100 % 🌻.jpg'), await readFile(join(drop, 'photo-000.jpg')));
  names.push('note.jpg', 'zwei Wörter + 100 % 🌻.jpg');
  bucket = await aws.makeBucket();
  for (const name of names) {
    const Body = await readFile(join(drop, name));
    await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: `photos/${name}`, Body }));
  }
});
afterAll(() => aws.stop());

/** A queue with a dead-letter queue, as in a deployment. */
async function makeCropsQueue(): Promise<string> {
  return aws.makeQueue({ maxReceiveCount: 3, deadLetterUrl: await aws.makeQueue() });
}

/** Rows of a store, without columns that depend on the location of the images. */
async function rowsIn(store: string): Promise<unknown[]> {
  const sql = `select ${columns} from results order by key`;
  const { stdout, stderr } = await runCommand(
    ['results', '--store', store, '--endpoint', aws.endpoint, '--json', '--sql', sql],
    cache,
  );
  expect(stderr).toBe('');
  return jsonLines(stdout).map(({ key, ...row }) => ({ ...row, key: String(key).replace(/^photos\//, '') }));
}

describe('the same images through S3 and SQS', () => {
  it('give the same rows as the folder', async () => {
    const local = join(folder, 'store');
    expect((await runCommand(['run', drop, '--model', model, '--store', local])).code).toBe(0);

    const remote = `s3://${await aws.makeBucket()}/nested/store`;
    const queue = await makeCropsQueue();
    const args = ['run', `s3://${bucket}/photos/`, '--model', model, '--store', remote, '--endpoint', aws.endpoint];
    const run = await runCommand([...args, '--queue', queue, '--json'], cache);
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toMatchObject({ total: 32, classified: 31, rejected: 1, pending: 0, job: 'photos' });

    const expected = await rowsIn(local);
    expect(expected).toHaveLength(32);
    expect(await rowsIn(remote)).toEqual(expected);

    const again = await runCommand([...args, '--json'], cache);
    expect(JSON.parse(again.stdout)).toMatchObject({ total: 32, done: 32, classified: 0, rejected: 0 });
  });

  it('exclude results in the same bucket', async () => {
    const bucket = await aws.makeBucket();
    const Body = await readFile(join(drop, 'photo-001.jpg'));
    await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a.jpg', Body }));
    const args = [
      'run',
      `s3://${bucket}`,
      '--model',
      model,
      '--store',
      `s3://${bucket}`,
      '--endpoint',
      aws.endpoint,
      '--json',
    ];
    expect(JSON.parse((await runCommand(args, cache)).stdout)).toMatchObject({ total: 1, classified: 1 });
    expect(JSON.parse((await runCommand(args, cache)).stdout)).toMatchObject({ total: 1, done: 1 });
  });

  it('include hidden names that the user gave', async () => {
    const bucket = await aws.makeBucket();
    const Body = await readFile(join(drop, 'photo-001.jpg'));
    await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: '.thumbs/a.jpg', Body }));
    const args = ['run', `s3://${bucket}/.thumbs/`, '--model', model, '--store', join(folder, 'hidden'), '--json'];
    const { code, stdout } = await runCommand([...args, '--endpoint', aws.endpoint], cache);
    expect(JSON.parse(stdout)).toMatchObject({ total: 1, classified: 1, pending: 0 });
    expect(code).toBe(0);
  });

  it('report a missing bucket or queue in one line', async () => {
    const args = ['--model', model, '--store', join(folder, 'unused'), '--endpoint', aws.endpoint];
    const noBucket = await runCommand(['run', 's3://no-such-bucket', ...args]);
    expect(noBucket.code).toBe(1);
    expect(noBucket.stderr.trimEnd()).toMatch(/^inception-batch: [^\n]*no-such-bucket[^\n]*$/);
    const noQueue = await runCommand(['run', drop, ...args, '--queue', `${aws.endpoint}/000000000000/no-such-queue`]);
    expect(noQueue.code).toBe(1);
    expect(noQueue.stderr.trimEnd()).toMatch(/^inception-batch: [^\n]*queue[^\n]*$/);
    const unlimited = await runCommand(['run', drop, ...args, '--queue', await aws.makeQueue()]);
    expect(unlimited.stderr.trimEnd()).toMatch(/^inception-batch: the queue [^\n]* has no redrive policy: [^\n]*$/);
  });
});

describe('deployed functions and workers', () => {
  it('turn an upload event into a row in the results bucket', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const queue = await makeCropsQueue();
    const environment = {
      CROPS_QUEUE_URL: queue,
      RESULTS: store,
      AWS_ENDPOINT: aws.endpoint,
      MODEL_MANIFEST: join(model, 'manifest.json'),
    };
    const ingest = ingestHandler(await openIngestPorts(readEnvironment(ingestEnvironment, environment)));
    expect(await ingest(sqsEvent(...names.map((key) => s3Notification(bucket, `photos/${key}`))))).toEqual({
      batchItemFailures: [],
    });

    const worker = spawn(process.execPath, [join(repository, 'lambdas/classify/process/main.ts')], {
      env: { ...process.env, ...environment, MODEL: model, PART_AGE_MS: '100', AWS_REGION: 'us-east-1' },
      stdio: 'inherit',
    });
    const exited = once(worker, 'exit');
    const crops = await SqsQueue.open(aws.sqs, queue, cropEnvelopeCodec);
    await eventually(async () => expect(await crops.depth()).toEqual({ visible: 0, inFlight: 0 }));
    worker.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(await rowsIn(store)).toEqual(await rowsIn(join(folder, 'store')));
  });
});
