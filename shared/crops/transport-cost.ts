import { defaultMessageDays } from '../deployment/defaults.ts';
import { s3Prices, sqsPrices } from '../deployment/prices.ts';
import { sqsLimits } from '../events/sqs-limits.ts';

/** Days that a packed object is kept and billed: `packExpiry` adds one, and S3 expires it at the next midnight. */
export const packedDays = defaultMessageDays + 1.5;

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

/** Dollars for the requests, and for keeping what was packed, by the list prices of `prices.ts`. */
export function dollarsOf({ sqs, puts, gets, packedBytes }: Bill): { requests: number; kept: number } {
  return {
    requests: sqs * sqsPrices.request + puts * s3Prices.put + gets * s3Prices.get,
    kept: gibMonths(packedBytes, packedDays) * s3Prices.gibMonth,
  };
}

/** What S3 bills for keeping bytes for some days of a month of thirty. */
export function gibMonths(bytes: number, days: number): number {
  return (bytes / 2 ** 30) * (days / 30);
}

/** What one request of SQS is billed as. */
export function billedRequests(payloadBytes: number): number {
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
  return payloads.reduce((sum, payload) => sum + billedRequests(payload), 0);
}
