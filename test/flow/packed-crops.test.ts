import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { classifyEnvironment } from '../../lambdas/classify/config.ts';
import { classifyHandler } from '../../lambdas/classify/handler.ts';
import { openClassifyPorts } from '../../lambdas/classify/open-ports.ts';
import { ingestEnvironment } from '../../lambdas/ingest/config.ts';
import { ingestHandler } from '../../lambdas/ingest/handler.ts';
import { openIngestPorts } from '../../lambdas/ingest/open-ports.ts';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { textCodec } from '../../shared/stores/codec.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { failureOf, queryResults, runCommand } from '../support/run-command.ts';
import { s3Notification, sqsEvent } from '../support/sqs-event.ts';
import { startAws } from '../support/start-aws.ts';
import { startWorker } from '../support/start-worker.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const large = await makeTinyModel({ size: 224 });
const drop = join(folder, 'drop');
const inlineStore = join(folder, 'store');
const tenStore = join(folder, 'store-of-ten');
const region = { AWS_REGION: 'us-east-1' };
const columns =
  'status, reason, model, preprocess, label, label_id, probability, embedding, width, height, format, bytes';
const names = [...(await writePhotos(drop, 12)), 'note.jpg'];
await writeFile(join(drop, 'note.jpg'), 'no picture');
const aws = await startAws();
const bucket = await aws.makeBucket();
for (const name of names) await aws.put(bucket, name, await readFile(join(drop, name)));
await runCommand(['run', drop, '--model', model, '--store', inlineStore, '--crops', '1']);
await runCommand(['run', drop, '--model', model, '--store', tenStore, '--crops', '10']);

function rowsIn(store: string) {
  return queryResults(store, `select key, ${columns} from results order by key`, aws.endpoint);
}

async function packsIn(store: string, prefix: string): Promise<string[]> {
  const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: store, Prefix: prefix }));
  return Contents.map(({ Key = '' }) => Key);
}

describe('run through SQS with crops packed in S3', () => {
  it('gives the same rows as a run in memory, even if the store is in the same bucket', async () => {
    const store = `s3://${bucket}/nested`;
    const args = ['run', `s3://${bucket}`, '--model', model, '--store', store, '--endpoint', aws.endpoint, '--json'];
    const run = await runCommand([...args, '--queue', await aws.makeCropsQueue(), '--transport', 'packed'], region);
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toMatchObject({ total: 13, classified: 12, rejected: 1, pending: 0 });
    expect((await packsIn(bucket, 'nested/packed/')).length).toBeGreaterThan(0);
    expect(await rowsIn(store)).toEqual(await rowsIn(inlineStore));
    const again = await runCommand([...args, '--queue', await aws.makeCropsQueue()], region);
    expect(JSON.parse(again.stdout)).toMatchObject({ total: 13, done: 13, pending: 0 });
  });
});

describe('deployed functions and workers with packed crops', () => {
  it.each([
    ['1', inlineStore],
    ['10', tenStore],
  ])('%s per image, give the same rows as one machine', async (CROPS, expected) => {
    const store = await aws.makeBucket();
    const queue = await aws.makeCropsQueue();
    const environment = { ...deployed(queue, store), TRANSPORT: 'packed', CROPS };
    const ingest = ingestHandler(await openIngestPorts(readEnvironment(ingestEnvironment, environment)));
    expect(await ingest(uploadsOf(names))).toEqual({ batchItemFailures: [] });
    expect(await packsIn(store, 'packed/date=')).toHaveLength(1);

    const worker = startWorker({ ...environment, MODEL: model, PART_AGE_MS: '100' });
    await aws.waitUntilEmpty(queue);
    await worker.stop();
    expect(await rowsIn(`s3://${store}`)).toEqual(await rowsIn(expected));
  });

  it('reject every image of a missing pack, on Lambda and in a replay, and no other image', async () => {
    const store = await aws.makeBucket();
    const queue = await aws.makeCropsQueue();
    const environment = { ...deployed(queue, store), TRANSPORT: 'packed' };
    const ports = await openIngestPorts(readEnvironment(ingestEnvironment, environment));
    const ingest = ingestHandler(ports);
    await ingest(uploadsOf(names.slice(0, 2)));
    const [gone = ''] = await packsIn(store, 'packed/');
    await ingest(uploadsOf(names.slice(2, 4)));
    const [kept = ''] = (await packsIn(store, 'packed/')).filter((key) => key !== gone);
    const { bytes } = await ports.objects.read({ bucket: store, key: kept }, { maxBytes: 1e6 });
    await aws.s3.send(new DeleteObjectCommand({ Bucket: store, Key: gone }));
    const received = await (await SqsQueue.open(aws.sqs, queue, textCodec)).receive({ max: 10, waitSeconds: 5 });
    const captured = sqsEvent(...received.map(({ body }) => String(body)));

    const opened = await openClassifyPorts(readEnvironment(classifyEnvironment, { ...environment, MODEL: model }));
    expect(await classifyHandler(opened)(captured)).toEqual({ batchItemFailures: [] });
    await opened.session.close();
    const expected = names.slice(0, 4).map((key, index) => ({ key, reason: index < 2 ? 'crops_gone' : null }));
    expect(await rowsIn(`s3://${store}`)).toMatchObject(expected);

    const file = join(folder, 'captured.json');
    await writeFile(file, JSON.stringify(captured));
    const replay = ['replay', file, '--model', model, '--store', join(folder, 'replayed'), '--json'];
    expect(await failureOf(replay)).toMatch(/^no such folder: .*objects; give --objects, /);
    const pack = join(folder, 'objects', store, kept);
    await mkdir(join(pack, '..'), { recursive: true });
    await writeFile(pack, bytes);
    const { rows } = JSON.parse((await runCommand(replay)).stdout);
    const replayed = rows.map(({ key, reason }: Record<string, unknown>) => ({ key, reason }));
    expect(replayed).toHaveLength(expected.length);
    expect(replayed).toEqual(expect.arrayContaining(expected));
  });
});

describe('inline crops that are too large for a message', () => {
  const refusal = /^10 crops of 224×224 take \d+ bytes in a message, over the limit of 1048576: use .*packed or auto/;

  it('are rejected when the ingest function starts, and sent packed by default', async () => {
    const environment = { ...deployed(await aws.makeCropsQueue(), await aws.makeBucket()), CROPS: '10' };
    const open = (more: Record<string, string>) =>
      openIngestPorts(
        readEnvironment(ingestEnvironment, { ...environment, MODEL_MANIFEST: join(large, 'manifest.json'), ...more }),
      );
    await expect(open({ TRANSPORT: 'inline' })).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(refusal),
    });
    expect((await open({})).model.rule.crop.rule).toBe('ten');
  });

  it('are rejected by run in one line, also if the store is a folder', async () => {
    const queue = ['--queue', await aws.makeCropsQueue(), '--endpoint', aws.endpoint];
    const args = ['run', drop, '--model', large, '--crops', '10', '--store', join(folder, 'unused'), ...queue];
    expect(await failureOf(args)).toMatch(refusal);
  });
});

function deployed(queue: string, store: string) {
  return {
    CROPS_QUEUE_URL: queue,
    RESULTS: `s3://${store}`,
    AWS_ENDPOINT: aws.endpoint,
    MODEL_MANIFEST: join(model, 'manifest.json'),
  };
}

/** The notifications of uploads, one per message. */
function uploadsOf(keys: readonly string[]) {
  return sqsEvent(...keys.map((key) => s3Notification(bucket, key)));
}
