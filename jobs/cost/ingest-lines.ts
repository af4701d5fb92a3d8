import { lambdaPrices, s3Prices, sqsPrices } from '../../shared/deployment/prices.ts';
import { sqsLimits } from '../../shared/stores/aws/sqs-limits.ts';
import { assumptions } from './assumptions.ts';
import type { SentCrops } from './crops-lines.ts';
import { amount, type Line, lineOf } from './line.ts';
import type { Workload } from './workload.ts';

const part = 'ingest';

/** From the uploads queue to the sent crops. */
export function ingestLines(job: Workload, sent: SentCrops): Line[] {
  const { images, ingestBatch, listed } = job;
  const invocations = Math.ceil(images / ingestBatch);
  const received = Math.ceil(images / Math.min(ingestBatch, sqsLimits.entries));
  const gigabytes = job.ingestMemory / 1024;
  const waitPerBatch = batchWaitMs(sent);
  const timePerImage = imageMs(job);
  const count = amount(images);
  return [
    ...(listed
      ? [
          lineOf({
            part,
            what: 'S3 LIST, 1,000 keys each',
            how: `${count} images ÷ 1,000`,
            quantity: Math.ceil(images / 1000),
            unit: 'requests',
            unitPrice: s3Prices.list,
          }),
        ]
      : []),
    lineOf({
      part,
      what: 'SQS, upload messages',
      how: `${count} sent + ${amount(received)} received + ${amount(received)} deleted`,
      quantity: images + 2 * received,
      unit: 'requests',
      unitPrice: sqsPrices.request,
    }),
    lineOf({
      part,
      what: 'Lambda, invocations',
      how: `${count} images ÷ ${amount(ingestBatch)} per batch`,
      quantity: invocations,
      unit: 'requests',
      unitPrice: lambdaPrices.request,
    }),
    lineOf({
      part,
      what: 'Lambda, time',
      how: `(${amount(invocations)} × ${amount(waitPerBatch)} ms + ${count} × ${amount(timePerImage)} ms) × ${amount(gigabytes)} GB`,
      quantity: ingestHours(job, sent) * 3600 * gigabytes,
      unit: 'GB-s',
      unitPrice: lambdaPrices.gbSecond,
    }),
    lineOf({ part, what: 'S3 GET, images', quantity: images, unit: 'requests', unitPrice: s3Prices.get }),
  ];
}

/** Hours of all invocations together. The last batch has fewer images but waits as long. */
export function ingestHours(job: Workload, sent: SentCrops): number {
  const invocations = Math.ceil(job.images / job.ingestBatch);
  return (invocations * batchWaitMs(sent) + job.images * imageMs(job)) / 3_600_000;
}

/** Hours until the last image has passed ingest, with as many functions at the same time as a deployment allows. */
export function ingestElapsedHours(job: Workload, sent: SentCrops): number {
  const invocations = Math.ceil(job.images / job.ingestBatch);
  return ingestHours(job, sent) / Math.min(invocations, job.ingestConcurrency);
}

/**
 * Milliseconds that an invocation waits once per batch: to read the first image, and at the end to send the crops, to S3 if
 * they are packed and then to SQS.
 */
export function batchWaitMs({ puts, group, bytes }: SentCrops): number {
  const { answerMs, bytesPerSecond } = assumptions;
  const roundTrips = puts > 0 ? 3 : 2;
  return roundTrips * answerMs.value + ((group * bytes) / bytesPerSecond.value) * 1000;
}

/**
 * Milliseconds that an image adds to an invocation: the longest of decoding it, waiting for S3 in parallel with others, and
 * reading its bytes, since these overlap.
 */
export function imageMs({ bytes, megapixels, regions, ingestMemory }: Workload): number {
  const { imageMs: fixed, megapixelMs, megabytesPerCore, answerMs, fetched, bytesPerSecond } = assumptions;
  const cores = ingestMemory / megabytesPerCore.value;
  return Math.max(
    (fixed.value + megapixels * megapixelMs.value + regionsMs({ regions, megapixels })) / cores,
    answerMs.value / (fetched.value * Math.max(1, Math.floor(cores))),
    (bytes / bytesPerSecond.value) * 1000,
  );
}

/** Milliseconds of a core to propose the regions of an image and to cut them out. */
function regionsMs({ regions, megapixels }: Pick<Workload, 'regions' | 'megapixels'>): number {
  const { proposalMs, regionMs, regionMegapixelMs } = assumptions;
  return regions > 0 ? proposalMs.value + regions * regionMs.value + megapixels * regionMegapixelMs.value : 0;
}
