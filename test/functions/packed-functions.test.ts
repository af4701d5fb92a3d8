import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readCapturedEvent } from '../../cli/engine/replay/captured-event.ts';
import type { FunctionArchitecture } from '../../infra/packing/pack-function.ts';
import { decodeCropEnvelope } from '../../shared/crops/crop-envelope.ts';
import { maxAttempts } from '../../shared/deployment/defaults.ts';
import { jobSummarySchema } from '../../shared/jobs/job-summary.ts';
import type { Box } from '../../shared/regions/region.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { synthesizedAsDeployed } from '../cloud/synthesized.ts';
import { inceptionBatch, jsonLines, repository } from '../support/cli.ts';
import { httpAnswers } from '../support/http-answers.ts';
import { ingestSlowBatch } from '../support/ingest-slow-batch.ts';
import { writeList } from '../support/job-lists.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { picture } from '../support/photos.ts';
import { classifiedRow } from '../support/result-rows.ts';
import { receiveRecords, s3Notification, sqsEvent } from '../support/sqs-event.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { DeployedFunctions } from './deployed-functions.ts';
import { FunctionError } from './runtime/function-error.ts';

// The assets of a synthesized template as they are, under AWS's runtime interface client, with the template's environment.
const architectures: readonly FunctionArchitecture[] = ['x86_64', 'arm64'];
const events = join(repository, 'events');
const model = await makeTinyModel();
const assembly = await synthesizedAsDeployed({ model, classifier: 'lambda' });

async function deploy(): Promise<DeployedFunctions> {
  const deployed = await DeployedFunctions.deploy(assembly, model);
  for (const name of deployed.names) chmodSync(join(deployed.assetOf(name), '../..'), 0o755);
  return deployed;
}

describe.each(architectures)('as packed, for %s,', (architecture) => {
  it('ingest and classify turn every event in events/ into rows', async () => {
    const deployed = await deploy();
    const { aws } = deployed;
    await aws.s3.send(new CreateBucketCommand({ Bucket: 'drop' }));
    for (const file of filesBelow(join(events, 'objects/drop')))
      await aws.put('drop', relative(join(events, 'objects/drop'), file), readFileSync(file));
    const running = {
      ingest: await deployed.start('ingest', architecture),
      classify: await deployed.start('classify', architecture),
    };
    const outcomes: Record<string, unknown> = {};
    for (const name of readdirSync(events).filter((file) => file.endsWith('.json'))) {
      const { event, handler } = await readCapturedEvent(join(events, name));
      const used = running[handler === 'ingest' ? 'ingest' : 'classify'];
      const logged = used.lines().length;
      const { batchItemFailures } = failuresSchema.parse(await used.invoke(event));
      const batch = used
        .lines()
        .slice(logged)
        .find(({ message }) => message === 'batch');
      outcomes[name] = { ...outcomesOf(batch), returned: batchItemFailures.length };
    }
    expect(outcomes).toEqual({
      'crops.json': { failures: { invalid_crop: 1 }, returned: 0 },
      'malformed.json': { returned: 3 },
      's3-deleted.json': { outcomes: { deleted: 1 }, returned: 0 },
      's3-notification.json': { outcomes: { sent: 1 }, returned: 0 },
      's3-put-eventbridge.json': { outcomes: { sent: 1 }, returned: 0 },
      's3-put-odd-keys.json': { outcomes: { sent: 5 }, returned: 0 },
      's3-put-several-records.json': { outcomes: { sent: 2 }, returned: 0 },
      's3-put-sns.json': { outcomes: { sent: 1 }, returned: 0 },
      's3-put-versioned.json': { outcomes: { sent: 1 }, returned: 0 },
      's3-put.json': { outcomes: { sent: 1 }, returned: 0 },
      's3-test-event.json': { returned: 0 },
      'submission.json': { outcomes: { sent: 1 }, returned: 0 },
    });

    const crops = await receiveRecords(aws.sqs, deployed.variable('ingest', 'CROPS_QUEUE_URL'));
    expect(await running.classify.invoke({ Records: crops })).toEqual({ batchItemFailures: [] });
    const sql = "select status, count(*) as rows from results where model like 'tiny%' group by status order by status";
    const store = deployed.variable('ingest', 'RESULTS');
    const results = ['results', '--store', store, '--endpoint', aws.endpoint, '--json', '--sql', sql];
    expect(jsonLines((await inceptionBatch(results)).stdout)).toEqual([
      { status: 'classified', rows: 13 },
      { status: 'rejected', rows: 1 },
    ]);
  });

  it('ingest sends the regions that the command proposes, and classify reads their crops', async () => {
    const deployed = await deploy();
    const { aws } = deployed;
    const file = join(temporaryFolder(), 'patch.png');
    await picture(1, { width: 320, height: 240 }).png().toFile(file);
    await aws.s3.send(new CreateBucketCommand({ Bucket: 'drop' }));
    await aws.put('drop', 'patch.png', readFileSync(file));
    const start = (name: string) =>
      deployed.start(name, architecture, { environment: { ...deployed.environmentOf(name), REGIONS: '20' } });
    const ingest = await start('ingest');
    expect(await ingest.invoke(sqsEvent(s3Notification('drop', 'patch.png')))).toEqual({ batchItemFailures: [] });

    const crops = await receiveRecords(aws.sqs, deployed.variable('ingest', 'CROPS_QUEUE_URL'));
    const sent = crops.map(({ body }) => decodeCropEnvelope(body).regions?.boxes.map(cornersOf));
    const [proposed] = jsonLines((await inceptionBatch(['regions', file, '--max', '20', '--json'])).stdout);
    const { boxes } = z.object({ boxes: z.array(z.array(z.number())).min(1) }).parse(proposed);
    expect(sent).toEqual([boxes.map((box) => box.slice(0, 4))]);

    const classify = await start('classify');
    expect(await classify.invoke({ Records: crops })).toEqual({ batchItemFailures: [] });
    const store = deployed.variable('ingest', 'RESULTS');
    const sql = 'select key, status, regions is not null as has_regions from results';
    const results = ['results', '--store', store, '--endpoint', aws.endpoint, '--json', '--sql', sql];
    expect(jsonLines((await inceptionBatch(results)).stdout)).toEqual([
      { key: 'patch.png', status: 'classified', has_regions: true },
    ]);
  });

  it('jobs marks a job that new parts complete', async () => {
    const deployed = await deploy();
    const bucket = new URL(deployed.variable('jobs', 'RESULTS')).hostname;
    const store = new S3Store(deployed.aws.s3);
    const folder = temporaryFolder();
    const list = await writeList(folder, 'photos', [{ key: 'a.jpg' }, { key: 'b.jpg' }]);
    await store.write({ bucket, key: relative(folder, list) }, readFileSync(list));
    const rows = new ResultsStore(store, { bucket, prefix: '' });
    const jobs = await deployed.start('jobs', architecture);
    for (const key of ['a.jpg', 'b.jpg']) {
      await rows.append([classifiedRow(key, { job: 'photos' })]);
      expect(await jobs.invoke(sqsEvent({ Records: [] }))).toEqual({ batchItemFailures: [] });
    }
    expect(jobs.lines().filter(({ message }) => message === 'checked jobs')).toMatchObject([
      { parts: 1, completed: 0, open: 1, pending: 1 },
      { parts: 1, completed: 1, open: 0, pending: 0 },
    ]);
    const { bytes } = await store.read({ bucket, key: 'jobs/photos/summary.json' }, { maxBytes: 1e6 });
    expect(jobSummarySchema.parse(JSON.parse(Buffer.from(bytes).toString()))).toMatchObject({
      total: 2,
      classified: 2,
    });
    await expect(store.read({ bucket, key: 'jobs/photos/_SUCCESS' }, { maxBytes: 0 })).resolves.toBeDefined();
  });

  it('compact makes one part of a past day', async () => {
    const deployed = await deploy();
    const bucket = new URL(deployed.variable('compact', 'RESULTS')).hostname;
    const store = new S3Store(deployed.aws.s3);
    const now = () => new Date('2026-01-02T12:00:00Z');
    const rows = new ResultsStore(store, { bucket, prefix: '' }, { now });
    for (const key of ['a.jpg', 'b.jpg', 'b.jpg']) await rows.append([classifiedRow(key)]);
    const compact = await deployed.start('compact', architecture);
    expect(await compact.invoke({ source: 'aws.events' })).toEqual({
      ...{ partsBefore: 3, partsAfter: 1, rowsRemoved: 1, interrupted: false },
    });
  });

  it('watch reports a worker that ended in an error', async () => {
    const deployed = await deploy();
    const watch = await deployed.start('watch', architecture);
    const detail = { taskArn: 'arn:aws:ecs:us-east-1:1:task/workers/a', stopCode: 'EssentialContainerExited' };
    await watch.invoke({ source: 'aws.ecs', detail: { ...detail, containers: [{ exitCode: 3 }] } });
    expect(JSON.stringify(watch.lines())).toContain('EssentialContainerExited');
  });

  it('watch reads the notifications of the bucket, and requests attributes of the queue of the workers', async () => {
    const deployed = await deploy();
    const queueArn = deployed.variable('watch', 'UPLOADS_QUEUE_ARN');
    const bucket = deployed.variable('watch', 'WATCHED_BUCKET');
    const requests: string[] = [];
    // The emulator has no notifications. All but the removals are there.
    const endpoint = await httpAnswers(({ method, url = '', headers }, body, response) => {
      const isNotifications = method === 'GET' && new RegExp(`^/${bucket}/?\\?notification`).test(url);
      requests.push(isNotifications ? 'notifications' : `${headers['x-amz-target']} ${body}`);
      const entries = ['s3:ObjectCreated:*', 's3:LifecycleExpiration:*'].map(
        (event) => `<QueueConfiguration><Queue>${queueArn}</Queue><Event>${event}</Event></QueueConfiguration>`,
      );
      const xml = `<NotificationConfiguration>${entries.join('')}</NotificationConfiguration>`;
      const [type, answer] = isNotifications
        ? ['application/xml', xml]
        : ['application/x-amz-json-1.0', JSON.stringify({ Attributes: { QueueArn: `${queueArn}-crops` } })];
      response.writeHead(200, { 'content-type': type }).end(answer);
    });
    const queueUrl = `${endpoint}/123456789012/crops`;
    const variables = ['METRICS_NAMESPACE', 'UPLOADS_QUEUE_ARN', 'WATCHED_BUCKET'].map((name) => {
      return [name, deployed.variable('watch', name)] as const;
    });
    const environment = { ...Object.fromEntries(variables), AWS_ENDPOINT: endpoint, ACTIVE_QUEUE_URL: queueUrl };
    const watch = await deployed.start('watch', architecture, { environment });
    await watch.invoke({ source: 'aws.events' });
    expect(watch.lines()).toContainEqual(
      expect.objectContaining({ message: 'notifications are missing', events: ['s3:ObjectRemoved:*'] }),
    );
    expect(requests).toEqual(['notifications', expect.stringMatching(/^AmazonSQS\.GetQueueAttributes .*crops/)]);
  });
});

describe('99 photos and an image that takes longer than ingest may run', () => {
  it.each(['inline', 'packed'])('are each sent once or have a row: %s', async (transport) => {
    const deployed = await deploy();
    const { aws } = deployed;
    await aws.s3.send(new CreateBucketCommand({ Bucket: 'drop' }));
    const cropsUrl = deployed.variable('ingest', 'CROPS_QUEUE_URL');
    const results = deployed.variable('ingest', 'RESULTS');
    const environment = { ...deployed.environmentOf('ingest'), TRANSPORT: transport };
    const ingest = await deployed.start('ingest', 'x86_64', { environment, timeoutSeconds: 9 });
    const invoke = (event: unknown) => ingest.invoke(event);
    const figures = await ingestSlowBatch({ aws, bucket: 'drop', cropsUrl, results, maxAttempts, invoke });
    console.log(JSON.stringify({ transport, ...figures }));
    expect(figures).toEqual({
      ...{ answered: maxAttempts, ended: 0, photos: 99, crops: 99, packed: transport === 'packed' ? 99 : 0 },
      ...{ rows: { 'rejected timeout': 1 }, deadLetters: 1, lost: 0, slow: { crops: 0, reason: 'timeout' } },
    });
  });
});

describe('a function without one of its packages', () => {
  const removals: readonly [name: string, removed: string, error: RegExp][] = [
    ['ingest', 'sharp', /^Cannot find package 'sharp'/],
    ['ingest', '@img/sharp-linux-x64', /Could not load the "sharp" module/],
    ['ingest', 'parquet-wasm', /^Cannot find package 'parquet-wasm'/],
    ['classify', 'onnxruntime-node', /Cannot find package 'onnxruntime-node'/],
    ['jobs', '@duckdb', /^Cannot find package '@duckdb\/node-api'/],
    ['compact', '@duckdb/node-bindings-linux-x64', /node-bindings-linux-x64/],
  ];

  it.each(removals)('fails with an error that names it: %s without %s', async (name, removed, message) => {
    const deployed = await deploy();
    const asset = deployed.copyOf(name, 'x86_64');
    rmSync(join(asset, 'node_modules', removed), { recursive: true });
    const running = await deployed.start(name, 'x86_64', { asset });
    const error = await running.invoke({ Records: [] }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FunctionError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
  });
});

const failuresSchema = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

/** The counts in the log line of a batch that are not empty. */
function outcomesOf({ outcomes, failures }: Record<string, unknown> = {}): Record<string, unknown> {
  const all = Object.entries({ outcomes, failures });
  return Object.fromEntries(all.filter(([, counts]) => counts && Object.keys(counts).length > 0));
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

function cornersOf({ x, y, width, height }: Box): number[] {
  return [x, y, width, height];
}
