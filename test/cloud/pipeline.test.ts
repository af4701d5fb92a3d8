import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { maxAttempts } from '../../shared/deployment/defaults.ts';
import { jobSummarySchema } from '../../shared/jobs/job-summary.ts';
import type { StageSettings } from '../infra/run-app.ts';
import { model } from '../infra/synthesize.ts';
import { inceptionBatch, jsonLines } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { emittedMetrics, watchedMetrics } from './emitted-metrics.ts';
import { photo, truncatedPhoto } from './photos.ts';
import { type StoodUp, standUp } from './stand-up.ts';
import { installImage, startFunction, synthesized } from './synthesized.ts';
import { administrator, submitter, uploader } from './users.ts';

const namespace = 'inception-batch/dev';
const workersFailed = `${namespace} WorkersFailed service=watch`;

const pipelines: readonly [name: string, settings: StageSettings][] = [
  ['with the classify function', { model, classifier: 'lambda' }],
  ['with workers', { model }],
  ['with workers, over an existing bucket', { model, dropBucket: 'my-photos', dropPrefix: 'in/' }],
];

it.each(pipelines)('a pipeline %s classifies 200 photos', async (name, settings) => {
  const assembly = await synthesized(settings);
  const existingBuckets = settings.dropBucket ? [settings.dropBucket] : [];
  const isVersioned = (bucket: string) => existingBuckets.includes(bucket);
  const cloud = await standUp({ assembly, startFunction, installImage, existingBuckets, isVersioned });
  const { hostname: bucket, pathname } = new URL(cloud.output('DropBucket'));
  const prefix = pathname.slice(1);
  const store = cloud.output('ResultsStore');
  const results = store.slice('s3://'.length);
  const rows = async (sql: string) => {
    const args = ['results', '--store', store, '--endpoint', cloud.admin.endpoint, '--json', '--sql', sql];
    const { stdout, stderr } = await inceptionBatch(args);
    return stdout === '' ? [stderr] : jsonLines(stdout);
  };

  // 80 photos are in the bucket before it has notifications; 120 are uploaded.
  for (let index = 0; index < 80; index += 1) {
    await cloud.admin.put(bucket, `${prefix}archive/${index}.jpg`, await photo(index));
  }
  const { s3 } = uploader(cloud, bucket, prefix);
  // More refusals than the SDK retries: the first delivery of this photo fails.
  cloud.gateway.faults.push({ path: 'holiday/7.jpg', methods: ['GET'], remaining: 3 });
  for (let index = 0; index < 120; index += 1) {
    const broken = new Map([
      [3, Buffer.from('not an image')],
      [4, await truncatedPhoto(index)],
    ]);
    const Body = broken.get(index) ?? (await photo(index));
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}holiday/${index}.jpg`, Body }));
  }
  const { code, stderr } = await inceptionBatch(
    [
      ...['submit', `s3://${bucket}/${prefix}archive/`, '--job', 'archive', '--store', store],
      ...['--model', cloud.output('ModelUrl'), '--queue', cloud.output('UploadsQueueUrl')],
      ...['--endpoint', cloud.gateway.endpoint],
    ],
    submitter(cloud, bucket).environment,
  );
  expect(code, stderr).toBe(0);

  const counts = 'select job, status, count(*)::int as images from results group by all order by all';
  const expected = [
    { job: 'archive', status: 'classified', images: 80 },
    { job: `${prefix}holiday`.split('/')[0], status: 'classified', images: 118 },
    { job: `${prefix}holiday`.split('/')[0], status: 'rejected', images: 2 },
  ];
  await cloud.until(async () => expect(await rows(counts)).toEqual(expected));
  const uploads = cloud.mappings.find(({ queueUrl }) => queueUrl === cloud.output('UploadsQueueUrl'));
  expect(uploads?.failed).toBe(1);

  // The job that was submitted is complete when all its images have a row.
  const read = async (Key: string) => {
    const { Body } = await cloud.admin.s3.send(new GetObjectCommand({ Bucket: results, Key }));
    return Body?.transformToString();
  };
  await cloud.until(async () => expect(await read('jobs/archive/_SUCCESS')).toBe(''));
  const summary: unknown = JSON.parse((await read('jobs/archive/summary.json')) ?? '');
  expect(jobSummarySchema.parse(summary)).toMatchObject({ total: 80, classified: 80, rejected: 0 });
  for (const name of ['UploadsQueueUrl', 'CropsQueueUrl']) await cloud.admin.waitUntilEmpty(cloud.output(name));

  // A night passes: what was written today becomes yesterday's, and the schedule's time comes.
  await cloud.ageResults();
  const parts = await cloud.listResults('results/date=');
  expect(parts.length).toBeGreaterThan(1);
  const night = cloud.schedules.find(({ expression }) => expression.startsWith('cron(0 3'));
  expect(await night?.run()).toMatchObject([{ partsBefore: parts.length, partsAfter: 1 }]);
  expect(await cloud.listResults('results/date=')).toHaveLength(1);
  expect(await rows(counts)).toEqual(expected);

  // Someone overwrites the notifications of the bucket: the next check reports it.
  await cloud.notifications.configure(bucket, { QueueConfigurations: [] });
  await cloud.schedules.find(({ expression }) => expression.startsWith('rate('))?.run();
  expect(sumOf(cloud, 'NotificationsMissing')).toBe(3);

  // Alarms watch what the programs report, by these names. No worker has failed.
  const watched = watchedMetrics(cloud.template, namespace);
  expect(watched.size).toBeGreaterThan(4);
  const emitted = emittedMetrics(cloud);
  expect([...watched].filter((metric) => !emitted.has(metric) && metric !== workersFailed)).toEqual([]);

  // The worker that ingest has started ends on SIGTERM, and holds no message.
  await cloud.workers?.scaleTo(0);
  expect(cloud.workers?.exitCodes ?? [0]).toEqual([0]);
  if (cloud.workers) expect(cloud.workers.protections.at(-1)).toBe(false);
  expect(cloud.problems()).toEqual([]);
  const groups = expected.map(({ job, status, images }) => `${images} ${status} (job ${job})`).join(', ');
  console.info(
    `pipeline ${name}: ${groups}; jobs/archive/_SUCCESS written; ${parts.length} parts compacted into 1; ` +
      `${uploads?.failed} image retried; ${cloud.authorizer.denials.length} requests refused by policies`,
  );
});

it('an image that crashes is reported: the watch function counts the worker that ended in an error', async () => {
  const crashing = (staged: string) => {
    const folder = installImage(staged);
    writeFileSync(join(folder, 'main.mjs'), 'process.exit(1);');
    return folder;
  };
  const cloud = await standUp({ startFunction, installImage: crashing, assembly: await synthesized({ model }) });
  await uploadFive(cloud, new URL(cloud.output('DropBucket')).hostname);
  await cloud.until(async () => expect(sumOf(cloud, 'WorkersFailed')).toBe(1));
  expect(cloud.workers?.exitCodes).toEqual([1]);
  expect(watchedMetrics(cloud.template, namespace)).toContain(workersFailed);
  expect(emittedMetrics(cloud)).toContain(workersFailed);
});

it.each(['lambda', 'gpu'] as const)('with one key for everything, each role may use it (%s)', async (classifier) => {
  const assembly = await synthesized({ model, classifier, customerKey: true, transport: 'packed' });
  const cloud = await standUp({ assembly, startFunction, installImage });
  await uploadFive(cloud, new URL(cloud.output('DropBucket')).hostname);
  await cloud.until(async () => expect(await cloud.listResults('results/date=')).not.toEqual([]));
  for (const name of ['UploadsQueueUrl', 'CropsQueueUrl']) await cloud.admin.waitUntilEmpty(cloud.output(name));
  await cloud.ageResults();
  for (const schedule of cloud.schedules) await schedule.run();
  expect(cloud.authorizer.countOf('kms:GenerateDataKey')).toBeGreaterThan(0);
  expect(cloud.problems()).toEqual([]);
});

it('an upload becomes a dead letter while the model is missing, and is classified when it is sent again', async () => {
  const cloud = await standUp({ startFunction, installImage, assembly: await synthesized({ classifier: 'lambda' }) });
  const { s3 } = administrator(cloud);
  const drop = new URL(cloud.output('DropBucket')).hostname;
  await s3.send(new PutObjectCommand({ Bucket: drop, Key: 'early.jpg', Body: await photo(1) }));
  const QueueUrl = cloud.output('UploadsDeadLettersUrl');
  // The upload, and the test event that S3 sends when notifications are set.
  await eventually(async () => expect(await cloud.admin.depth(QueueUrl)).toEqual({ visible: 2, inFlight: 0 }));
  const uploads = cloud.mappings.find(({ queueUrl }) => queueUrl === cloud.output('UploadsQueueUrl'));
  expect(uploads?.failed).toBe(2 * maxAttempts);

  const { hostname, pathname } = new URL(cloud.output('ModelUrl'));
  for (const file of readdirSync(model)) {
    await cloud.admin.put(hostname, `${pathname.slice(1)}/${file}`, readFileSync(join(model, file)));
  }
  const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
  const { Messages: letters = [] } = await cloud.admin.sqs.send(receive);
  for (const { Body: MessageBody } of letters) {
    await cloud.admin.sqs.send(new SendMessageCommand({ QueueUrl: cloud.output('UploadsQueueUrl'), MessageBody }));
  }
  await eventually(() => expect(sumOf(cloud, 'ImagesStored')).toBe(1));
});

describe('over a bucket that is encrypted with a key of its own', () => {
  const dropKey = 'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555';
  const settings = { model, classifier: 'lambda', dropBucket: 'my-photos' } as const;
  const options = { startFunction, installImage, existingBuckets: ['my-photos'] };
  const encryptedBuckets = [['arn:aws:s3:::my-photos', dropKey]] as const;

  it('images are classified if the stage names the key', async () => {
    const cloud = await standUp({
      ...options,
      encryptedBuckets,
      assembly: await synthesized({ ...settings, dropKey }),
    });
    await uploadFive(cloud, 'my-photos');
    await cloud.until(async () => expect(sumOf(cloud, 'ImagesStored')).toBe(5));
    expect(cloud.authorizer.countOf('kms:Decrypt')).toBeGreaterThanOrEqual(5);
  });

  it('images are counted as rejected for access, and the log names the action, if it does not', async () => {
    const cloud = await standUp({ ...options, encryptedBuckets, assembly: await synthesized(settings) });
    await uploadFive(cloud, 'my-photos');
    const lines = () => [...cloud.functions.values()].flatMap((pool) => pool.lines);
    await eventually(() => {
      const rejected = lines().filter((line) => line['fault'] === 'access');
      expect(rejected.reduce((sum, line) => sum + Number(line['ImagesRejected']), 0)).toBe(5);
    });
    expect(cloud.authorizer.denials[0]).toMatchObject({ action: 'kms:Decrypt', resource: dropKey });
    expect(JSON.stringify(lines())).toContain('"action":"kms:Decrypt"');
  });
});

async function uploadFive(cloud: StoodUp, bucket: string): Promise<void> {
  const { s3 } = administrator(cloud);
  for (let index = 0; index < 5; index += 1) {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `five/${index}.jpg`, Body: await photo(index) }));
  }
}

/** The sum of a metric in the logs of all functions. */
function sumOf(cloud: StoodUp, metric: string): number {
  const lines = [...cloud.functions.values()].flatMap((pool) => pool.lines);
  return lines.reduce((sum, line) => sum + Number(line[metric] ?? 0), 0);
}
