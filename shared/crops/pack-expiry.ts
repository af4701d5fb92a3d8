import { packedPrefix, underPrefix } from '../stores/keys.ts';

/** A lifecycle rule of a bucket: what lies below a prefix is removed so many days after it was written. */
export interface ExpiryRule {
  readonly id: string;
  readonly prefix: string;
  readonly days: number;
}

const secondsADay = 86_400;
/** What SQS lets a queue keep its messages for, seconds. */
const retention = { least: 60, most: 1_209_600 };

/**
 * The rule that removes packed crops once no message can point to them any more. S3 counts the days from when an object
 * was written and then waits for the next midnight UTC, which may be that very moment: the days alone must outlast the
 * messages, which are sent after their object is written.
 *
 * @param prefix of the place below which crops are packed; empty for all of a bucket
 * @param retentionSeconds how long the queue keeps messages, or its dead-letter queue where that is longer: a message
 *   counts from when it was first sent, and those that are sent back from there need their crops
 */
export function packExpiry(prefix: string, retentionSeconds: number): ExpiryRule {
  if (!(retentionSeconds >= retention.least && retentionSeconds <= retention.most)) {
    throw new RangeError(
      `expected a retention of ${retention.least} to ${retention.most} seconds, got ${retentionSeconds}`,
    );
  }
  const days = Math.floor(retentionSeconds / secondsADay) + 1;
  return { id: 'expire-packed-crops', prefix: underPrefix(prefix, packedPrefix), days };
}
