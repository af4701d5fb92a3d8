import { parseArgs } from 'node:util';
import { cropSide, typicalMessage } from '../../jobs/cost/crops-lines.ts';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { CropsQueue } from '../../shared/crops/crops-queue.ts';
import type { Transport } from '../../shared/crops/transport.ts';
import { type Bill, dollarsOf, packedDays } from '../../shared/crops/transport-cost.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { startFauxqs } from '../../test/support/fauxqs.ts';
import { describeMachine } from '../machine.ts';
import { countRequests } from './count-requests.ts';

// What crops cost on their way from ingest to classify, counted at the clients that send and receive them.
const { values } = parseArgs({ options: { images: { type: 'string', default: '1000' } } });
const images = Number(values.images);
const size = cropSide;
const imagesPerGroup = [1, 10, 100];

interface Case {
  readonly transport: Transport;
  /** Of each image. */
  readonly crops: number;
  /** Images that are sent together. */
  readonly group: number;
}

const cases: readonly Case[] = [
  ...(['inline', 'packed', 'auto'] as const).flatMap((transport) =>
    imagesPerGroup.map((group) => ({ transport, crops: 1, group })),
  ),
  ...imagesPerGroup.map((group) => ({ transport: 'packed' as const, crops: 10, group })),
];

console.log(describeMachine(['@aws-sdk/client-sqs', '@aws-sdk/client-s3', 'fauxqs']));
console.log(
  `${images} images of ${size}×${size} (${images / 5} where they have 10 crops), sent in groups, received ten at a time\n`,
);
const columns = ['sent by', 'crops', 'a group', 'SQS requests', 'S3 PUT', 'S3 GET', '$ requests', '$ kept', '$ in all'];
console.log(columns.map((name, column) => cell(name, column)).join(''));
for (const one of cases) {
  const count = one.crops === 1 ? images : images / 5;
  console.log(row(one, perMillion(await billOf(one, count), count)));
}
console.log(
  '\nPer million images, by the list prices that shared/deployment/prices.ts names. "SQS requests" are those billed:\n' +
    `one for every 64 KiB of a request's messages. "$ kept": what is packed lies in S3 for ${packedDays} days, with a queue that\n` +
    'keeps its messages for four. The emulator delivers in order; where SQS mixes objects within a receive, packed takes\n' +
    'up to a GET for each image, 0.40 $ in all. Receives that bring nothing, or fewer than ten, are not in here.',
);

/** Sends, receives and acknowledges so many images; what AWS would bill for that. */
async function billOf({ transport, crops, group }: Case, count: number): Promise<Bill> {
  const aws = await startFauxqs();
  try {
    const envelopes = await SqsQueue.open(aws.sqs, await aws.makeQueue({ visibilitySeconds: 600 }), cropEnvelopeCodec);
    const location = { bucket: await aws.makeBucket(), prefix: 'store' };
    const queue = new CropsQueue(envelopes, new S3Store(aws.s3), { transport, location });
    const bill = countRequests(aws);
    const pixels = new Uint8Array(crops * size * size * 3).fill(117);
    for (let first = 0; first < count; first += group) {
      const messages = Array.from({ length: Math.min(group, count - first) }, (_, index) =>
        messageOf(first + index, crops, pixels),
      );
      const [refused] = await queue.send(messages);
      if (refused) throw refused.failure;
    }
    for (let done = 0; done < count; ) {
      const deliveries = await queue.receive({ max: 10, waitSeconds: 0 });
      for (const { body } of deliveries) {
        const fault = body instanceof Failure ? body : body.fault;
        if (fault) throw fault;
      }
      await queue.acknowledge(deliveries.map(({ receipt }) => receipt));
      done += deliveries.length;
    }
    return bill();
  } finally {
    await aws.stop();
  }
}

function messageOf(index: number, count: number, pixels: Uint8Array): CropMessage {
  const typical = typicalMessage(pixels, count);
  return { ...typical, image: { ...typical.image, key: `holiday/2026/IMG_${index}.jpg` } };
}

function perMillion({ sqs, puts, gets, packedBytes }: Bill, count: number): Bill {
  const scale = 1e6 / count;
  return { sqs: sqs * scale, puts: puts * scale, gets: gets * scale, packedBytes: packedBytes * scale };
}

function row({ transport, crops, group }: Case, bill: Bill): string {
  const { requests, kept } = dollarsOf(bill);
  const whole = [bill.sqs, bill.puts, bill.gets].map((count) => Math.round(count).toLocaleString('en'));
  const dollars = [requests, kept, requests + kept].map((amount) => amount.toFixed(2));
  return [transport, crops, group, ...whole, ...dollars].map((value, column) => cell(String(value), column)).join('');
}

function cell(text: string, column: number): string {
  return column === 0 ? text.padEnd(8) : text.padStart(column < 3 ? 9 : 14);
}
