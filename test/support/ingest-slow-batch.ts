import { z } from 'zod';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { textCodec } from '../../shared/stores/codec.ts';
import { inceptionBatch, jsonLines } from './cli.ts';
import { eventually } from './eventually.ts';
import { manyScansJpeg } from './formats/many-scans-jpeg.ts';
import { picture } from './photos.ts';
import { s3Notification, sqsRecord } from './sqs-event.ts';
import type { TestAws } from './start-aws.ts';

export interface SlowBatch {
  readonly aws: TestAws;
  /** Bucket of the photos. */
  readonly bucket: string;
  readonly cropsUrl: string;
  /** The store of the results. */
  readonly results: string;
  /** Deliveries of a message before it is a dead letter. */
  readonly maxAttempts: number;
  /** Calls the function. @throws if it is ended */
  readonly invoke: (event: unknown) => Promise<unknown>;
}

export interface SlowBatchFigures {
  /** Invocations that were answered, and that were ended. */
  readonly answered: number;
  readonly ended: number;
  /** Photos with crops, and messages with crops of photos. */
  readonly photos: number;
  readonly crops: number;
  /** Crops that are in packs. */
  readonly packed: number;
  /** Rows that ingest wrote, by status and reason. */
  readonly rows: Readonly<Record<string, number>>;
  readonly deadLetters: number;
  /** Dead letters whose image has neither crops nor a row. */
  readonly lost: number;
  /** Messages with crops of the image that takes long, and the reason in its row. */
  readonly slow: { readonly crops: number; readonly reason: string | undefined };
}

const photos = 99;
const slowKey = 'slow.jpg';
const rowsSchema = z.array(z.object({ key: z.string(), status: z.string(), reason: z.string() }));
const responseSchema = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

/** Uploads 99 photos and an image that takes long, and hands their messages to the function until the queue is empty. */
export async function ingestSlowBatch(batch: SlowBatch): Promise<SlowBatchFigures> {
  const { aws, bucket, cropsUrl, results, maxAttempts, invoke } = batch;
  const names = Array.from({ length: photos }, (_, number) => `photo-${number}.jpg`);
  for (const [number, name] of names.entries()) await aws.put(bucket, name, await picture(number).jpeg().toBuffer());
  await aws.put(bucket, slowKey, manyScansJpeg({ size: 8000, scans: 2000 }));

  const deadLetterUrl = await aws.makeQueue();
  const url = await aws.makeQueue({ visibilitySeconds: 900, maxReceiveCount: maxAttempts, deadLetterUrl });
  const uploads = await SqsQueue.open(aws.sqs, url, textCodec);
  const keys = [...names.slice(0, 50), slowKey, ...names.slice(50)];
  await uploads.send(keys.map((key) => JSON.stringify(s3Notification(bucket, key))));
  const counts = await deliver(uploads, invoke);

  const crops = await takeAll(await SqsQueue.open(aws.sqs, cropsUrl, cropEnvelopeCodec));
  const bodies = crops.flatMap(({ body }) => (body instanceof Failure ? [] : [body]));
  const ofPhotos = bodies.filter(({ image }) => image.key !== slowKey);
  const deadLetters = await takeAll(await SqsQueue.open(aws.sqs, deadLetterUrl, textCodec));
  const sql = 'select key, status, reason from results order by key';
  const query = ['results', '--store', results, '--endpoint', aws.endpoint, '--json', '--sql', sql];
  const rows = rowsSchema.parse(jsonLines((await inceptionBatch(query)).stdout));
  const known = new Set([...bodies.map(({ image }) => image.key), ...rows.map(({ key }) => key)]);
  const ofDeadLetters = keys.filter((key) => deadLetters.some(({ body }) => String(body).includes(`"${key}"`)));
  return {
    ...counts,
    photos: new Set(ofPhotos.map(({ image }) => image.key)).size,
    crops: ofPhotos.length,
    packed: ofPhotos.filter(({ tensor }) => 'slice' in tensor).length,
    rows: Object.fromEntries(
      Array.from(
        Map.groupBy(rows, ({ status, reason }) => `${status} ${reason}`),
        ([name, { length }]) => [name, length],
      ),
    ),
    deadLetters: deadLetters.length,
    lost: ofDeadLetters.filter((key) => !known.has(key)).length,
    slow: { crops: bodies.length - ofPhotos.length, reason: rows.find(({ key }) => key === slowKey)?.reason },
  };
}

/** Does what Lambda's poller does: messages of an invocation that is ended, and those that it names, are delivered again. */
async function deliver(uploads: SqsQueue<string>, invoke: SlowBatch['invoke']) {
  const counts = { answered: 0, ended: 0 };
  await eventually(async () => {
    const deliveries = await takeAll(uploads);
    if (deliveries.length > 0) {
      const records = deliveries.map(({ receipt, body, attempt }) => sqsRecord(body, { messageId: receipt, attempt }));
      const response = await invoke({ Records: records }).catch(() => undefined);
      counts[response === undefined ? 'ended' : 'answered'] += 1;
      const failed = new Set(
        response === undefined
          ? deliveries.map(({ receipt }) => receipt)
          : responseSchema.parse(response).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
      );
      const receipts = deliveries.map(({ receipt }) => receipt);
      await uploads.acknowledge(receipts.filter((receipt) => !failed.has(receipt)));
      await uploads.setVisibility([...failed], 0);
    }
    const { visible, inFlight } = await uploads.depth();
    if (visible + inFlight > 0) throw new Error('messages are left');
  });
  return counts;
}

async function takeAll<T>(queue: SqsQueue<T>) {
  const taken: Awaited<ReturnType<typeof queue.receive>> = [];
  for (;;) {
    const deliveries = await queue.receive({ max: 10, waitSeconds: 0 });
    if (deliveries.length === 0) return taken;
    taken.push(...deliveries);
  }
}
