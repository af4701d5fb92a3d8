import { parseArgs } from 'node:util';
import { startFauxqs } from 'fauxqs';
import { typicalMessage } from '../../jobs/cost/crops-lines.ts';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { CropsQueue } from '../../shared/crops/crops-queue.ts';
import type { Transport } from '../../shared/crops/transport.ts';
import { type Bill, dollarsOf, packedDays } from '../../shared/crops/transport-cost.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { describeMachine } from '../machine.ts';
import { countRequests } from './count-requests.ts';

// Requests and cost of sending crops from ingest to classify, counted at the SDK clients.
const { values } = parseArgs({ options: { images: { type: 'string', default: '1000' } } });
const images = Number(values.images);
const size = 224;
const imagesPerGroup = [1, 10, 100];

interface Case {
  readonly transport: Transport;
  /** Crops per image. */
  readonly crops: number;
  /** Images per send. */
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
  `${images} images of ${size}×${size} (${images / 5} with 10 crops each), sent in groups, received ten at a time\n`,
);
const columns = [
  'transport',
  'crops',
  'group',
  'SQS requests',
  'S3 PUT',
  'S3 GET',
  '$ requests',
  '$ storage',
  '$ total',
];
console.log(columns.map((name, column) => cell(name, column)).join(''));
for (const scenario of cases) {
  const count = scenario.crops === 1 ? images : images / 5;
  console.log(row(scenario, perMillion(await billOf(scenario, count), count)));
}
console.log(
  '\nPer million images, at the list prices of shared/deployment/prices.ts. SQS bills one request per 64 KiB of messages.\n' +
    `"$ storage": packs stay in S3 for ${packedDays} days, with a queue retention of four days. The emulator delivers in order;\n` +
    'if SQS mixes packs within a receive, packed needs up to one GET per image, $0.40 in total. Receives of fewer than\n' +
    'ten messages are not included.',
);

/** What AWS would bill for sending, receiving and acknowledging the images. */
async function billOf({ transport, crops, group }: Case, count: number): Promise<Bill> {
  const emulator = await startFauxqs({ port: 0, logger: false });
  const aws = awsClients({ endpoint: emulator.address, region: 'us-east-1' }, {});
  try {
    const { queueUrl } = emulator.createQueue('crops', { attributes: { VisibilityTimeout: '600' } });
    emulator.createBucket('packs');
    const envelopes = await SqsQueue.open(aws.sqs, queueUrl, cropEnvelopeCodec);
    const location = { bucket: 'packs', prefix: 'store' };
    const queue = new CropsQueue(envelopes, new S3Store(aws.s3), { transport, location });
    const bill = countRequests(aws);
    const pixels = new Uint8Array(crops * size * size * 3).fill(117);
    for (let first = 0; first < count; first += group) {
      const messages = Array.from({ length: Math.min(group, count - first) }, (_, index) =>
        messageOf(first + index, crops, pixels),
      );
      const [rejected] = await queue.send(messages);
      if (rejected) throw rejected.failure;
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
    aws.s3.destroy();
    aws.sqs.destroy();
    await emulator.stop();
  }
}

function messageOf(index: number, count: number, pixels: Uint8Array): CropMessage {
  const typical = typicalMessage({ count, height: size, width: size });
  return {
    ...typical,
    tensor: { ...typical.tensor, pixels },
    image: { ...typical.image, key: `holiday/2026/IMG_${index}.jpg` },
  };
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
  return column === 0 ? text.padEnd(10) : text.padStart(column < 3 ? 9 : 14);
}
