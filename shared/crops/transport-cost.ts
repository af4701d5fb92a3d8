import { defaultMessageDays } from '../deployment/defaults.ts';
import { s3Prices, sqsPrices } from '../deployment/prices.ts';
import { sqsLimits } from '../stores/aws/sqs-limits.ts';

/** Days for which a pack is stored and billed: `packExpiry` adds one, and S3 deletes it at the next midnight. */
export function packedDaysOf(messageDays: number): number {
  return messageDays + 1.5;
}

/** Those of a deployment with default settings. */
export const packedDays = packedDaysOf(defaultMessageDays);

/** SQS bills one request for each started block of this many payload bytes, for a message as for a batch. */
const billedBytes = 65_536;

/** What is billed for sending crops. */
export interface Bill {
  readonly sqs: number;
  readonly puts: number;
  readonly gets: number;
  /** Bytes written to packs. */
  readonly packedBytes: number;
}

/** Dollars for requests and for storing packs, at the list prices of `prices.ts`. */
export function dollarsOf({ sqs, puts, gets, packedBytes }: Bill): { requests: number; kept: number } {
  return {
    requests: sqs * sqsPrices.request + puts * s3Prices.put + gets * s3Prices.get,
    kept: gibMonths(packedBytes, packedDays) * s3Prices.gibMonth,
  };
}

/** GiB-months that S3 bills for storing bytes for some days, at thirty days per month. */
export function gibMonths(bytes: number, days: number): number {
  return (bytes / 2 ** 30) * (days / 30);
}

/** Requests that SQS bills for one request. */
export function billedRequests(payloadBytes: number): number {
  return Math.max(1, Math.ceil(payloadBytes / billedBytes));
}

/**
 * Requests that SQS bills for messages of these sizes: to send them in as few requests as possible, to receive them ten at
 * a time, and to delete them.
 */
export function queueRequests(sizes: readonly number[]): number {
  const sent = inRequests(sizes, sqsLimits.bytes);
  const received = inRequests(sizes, Infinity);
  return billed(sent) + billed(received) + Math.ceil(sizes.length / sqsLimits.entries);
}

/** Payload bytes of each request for messages of these sizes, in order. */
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
  return payloads.reduce((sum, payload) => sum + billedRequests(payload), 0);
}
