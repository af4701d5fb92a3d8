import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { repository } from '../support/cli.ts';
import { cropOf } from '../support/crops.ts';
import { eventually } from '../support/eventually.ts';
import { startFaultyProxy } from '../support/faulty-proxy.ts';
import { invokeFunction } from '../support/invoke-function.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { queryResults } from '../support/run-command.ts';
import { sqsRecord } from '../support/sqs-event.ts';
import { startAws } from '../support/start-aws.ts';
import { startWorker } from '../support/start-worker.ts';

const model = await makeTinyModel();
const good = Array.from({ length: 20 }, (_, index) => `good-${index}.jpg`);
const { preprocess } = await loadModel(model);
const aws = await startAws();
const proxy = await startFaultyProxy(aws.endpoint);

/** Bodies that name no image. */
const unreadable = {
  'not JSON': () => 'private/emma.jpg',
  'of another version': () => valid('version.jpg').replace('"v":2', '"v":1'),
  'a mebibyte of noise': () => randomBytes(2 ** 19).toString('hex'),
};

/** Bodies that name an image, which gets a row with this reason and detail. */
const invalid = {
  'length.jpg': {
    body: () => encoded({ tensor: { ...cropOf().tensor, pixels: new Uint8Array(100) } }, 'length.jpg'),
    reason: 'invalid_crop',
    detail: 'expected 3072 bytes of pixels, received 100',
  },
  'digest.jpg': {
    body: () => encoded({ preprocess: 'another' }, 'digest.jpg'),
    reason: 'invalid_crop',
    detail: 'preprocess another',
  },
  'pointer.jpg': {
    body: () => {
      const { pixels: _, ...type } = cropOf().tensor;
      const slice = { bucket: 'no-such-bucket', key: 'pack', offset: 0, length: 3072 };
      return encoded({ tensor: { ...type, slice } }, 'pointer.jpg');
    },
    reason: 'crops_gone',
    detail: 'no-such-bucket/pack',
  },
};

function valid(key: string): string {
  return encoded({}, key);
}

function encoded(changes: object, key: string): string {
  return cropEnvelopeCodec.encode({ ...cropOf({ key }), preprocess, ...changes });
}

describe('bad messages among good ones during an outage of the store', () => {
  it('are rejected one by one, without an effect on other messages', async () => {
    const deadLetterUrl = await aws.makeQueue();
    const url = await aws.makeQueue({ visibilitySeconds: 20, maxReceiveCount: 2, deadLetterUrl });
    const store = `s3://${await aws.makeBucket()}`;
    const bodies = [
      ...good.slice(0, 10).map(valid),
      ...Object.values(unreadable).map((body) => body()),
      ...Object.values(invalid).map(({ body }) => body()),
      ...good.slice(10).map(valid),
    ];
    for (const MessageBody of bodies) await aws.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody }));

    proxy.rejectsWrites = true;
    const worker = startWorker(environment(url, store, proxy.endpoint));
    await eventually(() => expect(proxy.refused()).toBeGreaterThan(1), { interval: 20 });
    // A message is acknowledged only after its row is stored.
    const { visible, inFlight } = await aws.depth(url);
    expect(visible + inFlight).toBe(bodies.length);
    proxy.rejectsWrites = false;
    await aws.waitUntilEmpty(url);
    await worker.stop();

    const rows = await rowsIn(store);
    expect(rows.filter(({ status }) => status === 'classified').map(({ key }) => key)).toEqual(good.toSorted());
    const rejected = rows.filter(({ status }) => status === 'rejected');
    expect(rejected.map(({ key }) => key)).toEqual(Object.keys(invalid).toSorted());
    for (const [key, { reason, detail }] of Object.entries(invalid)) {
      expect(rejected).toContainEqual({ key, status: 'rejected', reason, detail: expect.stringContaining(detail) });
    }
    expect(await bodiesIn(deadLetterUrl)).toHaveLength(Object.keys(unreadable).length);
    const logged = (await worker.stdout).split('\n').filter((line) => line.includes('"message"'));
    expect(logged.some((line) => JSON.parse(line).failures?.invalid_crop > 0)).toBe(true);
    expect(logged.join()).not.toContain('emma');
  });
});

describe('the same bad messages on Lambda', () => {
  it('are logged and counted, and only those that name no image are returned to the queue', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const url = await aws.makeQueue({ maxReceiveCount: 2, deadLetterUrl: await aws.makeQueue() });
    const messages = [
      ...good.map((key) => [key, valid(key)] as const),
      ...Object.entries(invalid).map(([key, { body }]) => [key, body()] as const),
      ...Object.entries(unreadable).map(([name, body]) => [name, body()] as const),
    ];
    const { answer, lines } = await invoke(url, store, messages);
    expect(answer).toEqual({
      batchItemFailures: Object.keys(unreadable).map((itemIdentifier) => ({ itemIdentifier })),
    });
    const [messageId] = Object.keys(unreadable);
    expect(lines.filter(({ message }) => message === 'message returned')).toMatchObject([
      { messageId, reason: 'invalid_crop', count: Object.keys(unreadable).length, level: 'WARN' },
    ]);
    expect(lines.filter(({ message }) => message === 'batch')).toMatchObject([
      {
        function_request_id: 'request-1',
        messages: 26,
        classified: 20,
        failures: { invalid_crop: 5, crops_gone: 1 },
      },
    ]);
    expect(lines).toContainEqual(expect.objectContaining({ ImagesStored: 23, MessagesReturned: 3 }));
    expect(lines).toContainEqual(expect.objectContaining({ ImagesFailed: 5, reason: 'invalid_crop' }));
    expect((await rowsIn(store)).filter(({ status }) => status === 'classified')).toHaveLength(20);
  });
});

function rowsIn(store: string) {
  return queryResults(store, 'select key, status, reason, detail from results order by key', aws.endpoint);
}

async function bodiesIn(QueueUrl: string): Promise<unknown[]> {
  const { Messages = [] } = await aws.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  return Messages;
}

function environment(queue: string, store: string, endpoint: string) {
  return {
    MODEL: model,
    CROPS_QUEUE_URL: queue,
    RESULTS: store,
    AWS_ENDPOINT: endpoint,
    AWS_REGION: 'us-east-1',
    ACCELERATOR: 'cpu',
    PART_AGE_MS: '200',
  };
}

async function invoke(queue: string, store: string, messages: readonly (readonly [string, string])[]) {
  const Records = messages.map(([messageId, body]) => sqsRecord(body, { messageId }));
  const entry = join(repository, 'lambdas/classify/index.ts');
  return invokeFunction(entry, environment(queue, store, aws.endpoint), { Records });
}
