import { lambdaPrices, s3Prices, sqsPrices } from '../../shared/deployment/prices.ts';
import { sqsLimits } from '../../shared/events/sqs-limits.ts';
import { assumptions } from './assumptions.ts';
import type { SentCrops } from './crops-lines.ts';
import { amount, type Line, lineOf } from './line.ts';
import type { Workload } from './workload.ts';

const part = 'ingest';

/** From the uploads queue to crops that are sent. */
export function ingestLines(job: Workload, sent: SentCrops): Line[] {
  const { images, ingestBatch, listed } = job;
  const invocations = Math.ceil(images / ingestBatch);
  const received = Math.ceil(images / Math.min(ingestBatch, sqsLimits.entries));
  const gigabytes = job.ingestMemory / 1024;
  const waits = waitMs(sent);
  const each = imageMs(job);
  // The last batch has fewer images, but it waits as long.
  const ms = invocations * waits + images * each;
  const count = amount(images);
  return [
    ...(listed
      ? [
          lineOf({
            part,
            what: 'S3 LIST, 1,000 names each',
            how: `${count} images ÷ 1,000`,
            quantity: Math.ceil(images / 1000),
            unit: 'requests',
            unitPrice: s3Prices.list,
          }),
        ]
      : []),
    lineOf({
      part,
      what: 'SQS, notices of uploads',
      how: `${count} sent + ${amount(received)} received + ${amount(received)} deleted`,
      quantity: images + 2 * received,
      unit: 'requests',
      unitPrice: sqsPrices.request,
    }),
    lineOf({
      part,
      what: 'Lambda, invocations',
      how: `${count} images ÷ ${amount(ingestBatch)} a batch`,
      quantity: invocations,
      unit: 'requests',
      unitPrice: lambdaPrices.request,
    }),
    lineOf({
      part,
      what: 'Lambda, time',
      how: `(${amount(invocations)} × ${amount(waits)} ms + ${count} × ${amount(each)} ms) × ${amount(gigabytes)} GB`,
      quantity: (ms / 1000) * gigabytes,
      unit: 'GB-s',
      unitPrice: lambdaPrices.gbSecond,
    }),
    lineOf({ part, what: 'S3 GET, images', quantity: images, unit: 'requests', unitPrice: s3Prices.get }),
  ];
}

/**
 * Milliseconds for which an invocation waits beside its images: for the first of them to be read, and at the end for its
 * crops to be taken, first by S3 where they are packed, and then by SQS.
 */
function waitMs({ puts, group, bytes }: SentCrops): number {
  const { answerMs, bytesPerSecond } = assumptions;
  const roundTrips = puts > 0 ? 3 : 2;
  return roundTrips * answerMs.value + ((group * bytes) / bytesPerSecond.value) * 1000;
}

/**
 * Milliseconds that an image adds to an invocation: the longest of decoding it, waiting for S3 with several others, and
 * reading its bytes, since these go on at the same time.
 */
export function imageMs({ bytes, megapixels, ingestMemory }: Workload): number {
  const { imageMs: fixed, megapixelMs, vcpuMb, answerMs, fetched, bytesPerSecond } = assumptions;
  const cores = ingestMemory / vcpuMb.value;
  return Math.max(
    (fixed.value + megapixels * megapixelMs.value) / cores,
    answerMs.value / (fetched.value * Math.max(1, Math.floor(cores))),
    (bytes / bytesPerSecond.value) * 1000,
  );
}
