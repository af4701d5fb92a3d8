import { describe, expect, it } from 'vitest';
import { type CropEnvelope, cropEnvelopeCodec } from '../../../shared/crops/crop-envelope.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import { CropsQueue, type TransportOptions } from '../../../shared/crops/crops-queue.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { S3Store } from '../../../shared/stores/aws/s3-store.ts';
import { SqsQueue } from '../../../shared/stores/aws/sqs-queue.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { MemoryQueue } from '../../../shared/stores/local/memory-queue.ts';
import type { Delivery, ObjectStore, Queue } from '../../../shared/stores/ports.ts';
import { asTexts, cropsNamed, recording } from '../../support/packed-crops.ts';
import { startAws } from '../../support/start-aws.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { queueContract } from '../stores/contract/queue.ts';

const now = { max: 10, waitSeconds: 0 };
const aws = await startAws();

describe.each(['packed', 'auto'] as const)('crops with the transport %s, in memory and a folder', (transport) => {
  queueContract(async (options) => {
    const envelopes = new MemoryQueue<CropEnvelope>(options);
    const location = { bucket: temporaryFolder(), prefix: '' };
    const queue = new CropsQueue(envelopes, new FolderStore(), { transport, location });
    return { queue: asTexts(queue), deadLetters: async () => envelopes.deadLetters().map(({ image }) => image.key) };
  });
});

describe('crops with the transport packed, through SQS and S3', () => {
  queueContract(async ({ visibilitySeconds, maxAttempts }) => {
    const location = { bucket: await aws.makeBucket(), prefix: 'nested/store' };
    const open = async (url: string) => {
      const envelopes = await SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
      return asTexts(new CropsQueue(envelopes, new S3Store(aws.s3), { transport: 'packed', location }));
    };
    if (maxAttempts === undefined) {
      return { queue: await open(await aws.makeQueue({ visibilitySeconds })), deadLetters: async () => [] };
    }
    const deadLetterUrl = await aws.makeQueue();
    const dead = await open(deadLetterUrl);
    const url = await aws.makeQueue({ visibilitySeconds, maxReceiveCount: maxAttempts, deadLetterUrl });
    return { queue: await open(url), deadLetters: (expected) => texts(dead, expected) };
  });
});

describe('packs', () => {
  it('hold the images of one send in one object, which is read in one request', async () => {
    const { queue, reads, writes } = await packing();
    expect(await queue.send(['a', 'b', 'c', 'd'].map((key) => cropsNamed(key)))).toEqual([]);
    expect(writes).toEqual([{ key: 'packed/date=2026-03-01/20260301T101112345Z-1.crops', bytes: 4 * 3072 }]);
    const received = await queue.receive(now);
    expect(keysAndFaults(received)).toEqual(['a', 'b', 'c', 'd']);
    expect(reads).toEqual([{ key: writes[0]?.key, offset: 0, length: 4 * 3072 }]);
  });

  it('are several for many or large images, and one for a single image over the limit', async () => {
    const { queue, writes } = await packing();
    const small = Array.from({ length: 101 }, (_, index) => cropsNamed(`small ${index}`, { size: 8 }));
    const large = cropsNamed('large', { count: 144, size: 224 });
    expect(await queue.send([...small, large, cropsNamed('last', { size: 8 })])).toEqual([]);
    expect(writes.map(({ bytes }) => bytes)).toEqual([100 * 192, 192, 144 * 224 * 224 * 3, 192]);
    const received: Delivery<CropMessage>[] = [];
    while (received.length < 103) received.push(...(await queue.receive(now)));
    const found = received.find(({ body }) => !(body instanceof Failure) && body.image.key === 'large');
    if (found === undefined || found.body instanceof Failure) throw new Error('expected the large one');
    expect(Buffer.compare(found.body.tensor.pixels, large.tensor.pixels)).toBe(0);
  });

  it('are not copied after they were read', async () => {
    const { queue } = await packing();
    await queue.send([cropsNamed('a'), cropsNamed('b')]);
    const buffers = (await queue.receive(now)).map(
      ({ body }) => !(body instanceof Failure) && body.tensor.pixels.buffer,
    );
    expect(buffers[0]).toBe(buffers[1]);
  });

  it('that cannot be written refuse their images by index, while other packs are sent', async () => {
    const { queue } = await packing({ failing: ({ byteLength }) => byteLength === 192 });
    const messages = Array.from({ length: 101 }, (_, index) => cropsNamed(`image ${index}`, { size: 8 }));
    expect(await queue.send(messages)).toMatchObject([{ index: 100, failure: { reason: 'throttled' } }]);
    expect(await queue.depth()).toMatchObject({ visible: 100 });
  });

  it('that cannot be written fail with a transient failure, for any response of S3', async () => {
    const location = { bucket: 'no-such-bucket', prefix: '' };
    const envelopes = new MemoryQueue<CropEnvelope>({ visibilitySeconds: 30 });
    const queue = new CropsQueue(envelopes, new S3Store(aws.s3), { transport: 'packed', location });
    const refused = await queue.send([cropsNamed('a'), cropsNamed('b')]);
    expect(refused.map(({ index }) => index)).toEqual([0, 1]);
    const message = /^the packed crops no-such-bucket\/packed\/\S+ cannot be written: NoSuchBucket: /;
    expect(refused[0]?.failure).toMatchObject({ reason: 'unavailable', message: expect.stringMatching(message) });
    expect(refused[0]?.failure.isTransient).toBe(true);
  });

  it('keep the indexes of images that the queue refuses', async () => {
    const location = { bucket: temporaryFolder(), prefix: '' };
    const url = await aws.makeQueue();
    const envelopes = await SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
    const queue = new CropsQueue(envelopes, new FolderStore(), { transport: 'auto', location });
    const tooLong = cropsNamed('x'.repeat(1_048_576));
    const refused = await queue.send([cropsNamed('a'), tooLong, cropsNamed('b'), cropsNamed('c')]);
    expect(refused).toMatchObject([{ index: 1, failure: { reason: 'too_large' } }]);
    expect((await texts(asTexts(queue), 3, false)).length).toBe(3);
  });
});

describe('inline and packed crops', () => {
  it('are received by a queue of either transport', async () => {
    const location = { bucket: temporaryFolder(), prefix: '' };
    const envelopes = new MemoryQueue<CropEnvelope>({ visibilitySeconds: 30 });
    const queueWith = (transportOptions: TransportOptions) =>
      new CropsQueue(envelopes, new FolderStore(), transportOptions);
    await queueWith({ transport: 'packed', location }).send([cropsNamed('packed')]);
    await queueWith({ transport: 'inline' }).send([cropsNamed('inline')]);
    expect(keysAndFaults(await queueWith({ transport: 'inline' }).receive(now)).toSorted()).toEqual([
      'inline',
      'packed',
    ]);
  });
});

/** A queue that sends packs at a fixed time, and records the writes and reads of its store. */
async function packing({ failing }: { failing?: (bytes: Uint8Array) => boolean } = {}) {
  const { objects, reads, writes } = recording(new FolderStore());
  const location = { bucket: temporaryFolder(), prefix: '' };
  const write: ObjectStore['write'] = async (address, bytes) => {
    if (failing?.(bytes)) throw new Failure('throttled', 'SlowDown');
    await objects.write(address, bytes);
  };
  let unique = 0;
  const options = {
    now: () => new Date('2026-03-01T10:11:12.345Z'),
    uniqueId: () => {
      unique += 1;
      return String(unique);
    },
  };
  const envelopes = new MemoryQueue<CropEnvelope>({ visibilitySeconds: 30 });
  const queue = new CropsQueue(envelopes, { ...objects, write }, { transport: 'packed', location }, options);
  return { queue, reads, writes };
}

function keysAndFaults(deliveries: readonly Delivery<CropMessage>[]): string[] {
  return deliveries.map(({ body }) => {
    if (body instanceof Failure) return body.message;
    return body.fault ? `${body.image.key}: ${body.fault.reason}` : body.image.key;
  });
}

async function texts(queue: Queue<string>, expected: number, checked = true): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < expected) {
    const got = await queue.receive({ max: 10, waitSeconds: 5 });
    if (got.length === 0) throw new Error(`expected ${expected} messages, got ${seen.length}`);
    for (const { body } of got) {
      if (checked && body instanceof Failure) throw body;
      seen.push(String(body));
    }
  }
  return seen;
}
