import { type CropMessage, pixelBytes, type RegionCrops } from '../../shared/crops/crop-message.ts';
import { billOf, planSend } from '../../shared/crops/plan-send.ts';
import { base64Bytes, checkTransport } from '../../shared/crops/transport.ts';
import { type Bill, gibMonths, packedDaysOf } from '../../shared/crops/transport-cost.ts';
import { s3Prices, sqsPrices } from '../../shared/deployment/prices.ts';
import { cropRuleForCount } from '../../shared/models/crop-rule.ts';
import { amount, type Line, lineOf } from './line.ts';
import type { Workload } from './workload.ts';

/** With regions, packs are planned for so many images of a group: its images are alike, and it may have a million crops. */
const maxPlannedImages = 100;

/** How the crops of one invocation are sent, decided as ingest decides it. */
export interface SentCrops extends Bill {
  readonly transport: 'inline' | 'packed';
  /** Images sent together. */
  readonly group: number;
  /** Bytes per image, as sent. */
  readonly bytes: number;
}

/** @throws {UserError} for inline transport if the crops fit into no message */
export function sentCrops({ images, crops, regions, transport, ingestBatch, network }: Workload): SentCrops {
  const { height, width } = network;
  const crop = { rule: cropRuleForCount(crops) ?? 'center', width, height } as const;
  checkTransport(transport, regions > 0 ? { crop, regions: { maximum: regions } } : { crop });
  const group = Math.min(images, ingestBatch);
  const message = typicalMessage({ count: crops, height, width, regions });
  const planned = regions > 0 ? Math.min(group, maxPlannedImages) : group;
  const plan = planSend(
    Array.from({ length: planned }, () => ({ ...message })),
    transport,
  );
  // Images of one size are all sent the same way.
  const isPacked = plan.packs.length > 0;
  const { sqs, puts, gets, packedBytes } = billOf(plan);
  const groups = group / planned;
  const bytes = pixelBytes(message);
  return {
    ...{ sqs: sqs * groups, puts: puts * groups, gets: gets * groups, packedBytes: packedBytes * groups },
    transport: isPacked ? 'packed' : 'inline',
    group,
    bytes: isPacked ? bytes : base64Bytes(bytes),
  };
}

/** From ingest to classify. */
export function cropsLines(job: Workload, sent: SentCrops): Line[] {
  const { images, messageDays } = job;
  const keptDays = packedDaysOf(messageDays);
  const part = 'crops';
  const { sqs, puts, gets, group, packedBytes } = sent;
  const groups = Math.ceil(images / group);
  const of = `${amount(groups)} groups of ${amount(group)}`;
  const queue = lineOf({
    part,
    what: 'SQS, crops',
    how: `${of} × ${amount(sqs)}`,
    quantity: groups * sqs,
    unit: 'requests',
    unitPrice: sqsPrices.request,
  });
  if (sent.transport === 'inline') return [queue];
  const bytes = (packedBytes / group) * images;
  return [
    queue,
    lineOf({
      part,
      what: 'S3 PUT, packed crops',
      how: `${of} × ${amount(puts)}`,
      quantity: groups * puts,
      unit: 'requests',
      unitPrice: s3Prices.put,
    }),
    lineOf({
      part,
      what: 'S3 GET, packed crops',
      how: job.regions > 0 ? 'at most one per image and pack' : 'at most one per image',
      quantity: (gets / group) * images,
      unit: 'requests',
      unitPrice: s3Prices.get,
    }),
    lineOf({
      part,
      what: 'S3, packed crops kept',
      how: `${amount(bytes / 2 ** 30)} GiB × ${amount(keptDays)} days of 30`,
      quantity: gibMonths(bytes, keptDays),
      unit: 'GiB-months',
      unitPrice: s3Prices.gibMonth,
    }),
  ];
}

interface CropsOfImage {
  readonly count: number;
  /** Of a crop, pixels. */
  readonly height: number;
  readonly width: number;
  readonly regions?: number;
}

/** A message of typical size, without an image in its pixels. @param count of the crops of the whole image */
export function typicalMessage({ count, height, width, regions = 0 }: CropsOfImage): CropMessage {
  const time = new Date('2026-01-02T03:04:05Z');
  return {
    image: {
      bucket: 'a-bucket-with-photos',
      key: 'holiday/2026/IMG_1234.jpg',
      etag: '9b2cf535f27731c974343645a3985328',
    },
    job: 'holiday',
    width: 4032,
    height: 3024,
    format: 'jpeg',
    bytes: 2_500_000,
    preprocess: '0123456789abcdef',
    sequencer: '0055AED6DCD90281E5',
    eventTime: time,
    ingestedAt: time,
    tensor: {
      ...{ count, height, width, scale: [1, 1, 1], zeroPoint: [123, 117, 104] },
      pixels: new Uint8Array(count * height * width * 3),
    },
    ...(regions > 0 ? { regions: typicalRegions(regions, height * width * 3) } : {}),
  };
}

function typicalRegions(count: number, cropBytes: number): RegionCrops {
  const box = { x: 1024, y: 1024, width: 1280, height: 1024, objectness: 0.123456789 };
  const pixels = new Uint8Array(cropBytes);
  return { boxes: Array.from({ length: count }, () => box), pixels: Array.from({ length: count }, () => pixels) };
}
