import { sqsLimits } from '../sqs-limits.ts';

/**
 * Dollars: the public list prices of AWS for us-east-1, as of June 2026, in their first tier and without what is free each
 * month. A request to a standard queue: https://aws.amazon.com/sqs/pricing/; a PUT, a GET and a byte kept for a day (0.023
 * dollars for a gigabyte and a month) in S3 Standard: https://aws.amazon.com/s3/pricing/. Transfer between the services
 * within a region is free.
 */
const prices = { sqs: 0.4e-6, put: 5e-6, get: 0.4e-6, byteDay: 0.023 / 2 ** 30 / 30 };

/**
 * Days for which a packed object is kept, and billed: with the four days that a queue keeps messages unless told
 * otherwise, `packExpiry` says five, and the midnight after those is half a day away.
 */
export const packedDays = 5.5;

/** SQS bills a request for every so many bytes of payload that it carries, whether one message or a batch. */
const billedBytes = 65_536;

/** What is billed for crops on their way. */
export interface Bill {
  readonly sqs: number;
  readonly puts: number;
  readonly gets: number;
  /** Bytes written to packed objects. */
  readonly packedBytes: number;
}

/** Dollars for the requests, and for keeping what was packed. */
export function dollarsOf({ sqs, puts, gets, packedBytes }: Bill): { requests: number; kept: number } {
  return {
    requests: sqs * prices.sqs + puts * prices.put + gets * prices.get,
    kept: packedBytes * packedDays * prices.byteDay,
  };
}

/** What one request of SQS is billed as. */
export function billedAs(payloadBytes: number): number {
  return Math.max(1, Math.ceil(payloadBytes / billedBytes));
}

/**
 * What SQS bills for messages of these sizes: to send them in as few requests as it takes, to receive them ten at a time,
 * and to delete them.
 */
export function queueRequests(sizes: readonly number[]): number {
  const sent = inRequests(sizes, sqsLimits.bytes);
  const received = inRequests(sizes, Infinity);
  return billed(sent) + billed(received) + Math.ceil(sizes.length / sqsLimits.entries);
}

/** Payloads of the requests that take these messages, in their order. */
function inRequests(sizes: readonly number[], maxBytes: number): number[] {
  const payloads: number[] = [];
  let entries = 0;
  let bytes = 0;
  for (const size of sizes) {
    if (entries === sqsLimits.entries || (entries > 0 && bytes + size > maxBytes)) {
      payloads.push(bytes);
      entries = 0;
      bytes = 0;
    }
    entries += 1;
    bytes += size;
  }
  if (entries > 0) payloads.push(bytes);
  return payloads;
}

function billed(payloads: readonly number[]): number {
  return payloads.reduce((sum, payload) => sum + billedAs(payload), 0);
}
