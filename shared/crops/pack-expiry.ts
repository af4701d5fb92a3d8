import { packedPrefix, underPrefix } from '../stores/keys.ts';

/** A lifecycle rule of a bucket: objects below a prefix are deleted a number of days after they were written. */
export interface ExpiryRule {
  readonly id: string;
  readonly prefix: string;
  readonly days: number;
}

const secondsPerDay = 86_400;
/** Retention of messages that SQS allows, seconds. */
const retention = { min: 60, max: 1_209_600 };

/**
 * The rule that deletes packs once no message can point to them. S3 counts the days from the time when an object was
 * written, rounded up to midnight UTC, which may add nothing: the days alone must outlast the messages, which are sent
 * after their pack was written.
 *
 * @param prefix of the location of the packs; empty for a whole bucket
 * @param retentionSeconds the retention of the queue or of its dead-letter queue, whichever is longer: a message counts from
 *   when it was first sent, and a message that is sent back from the dead-letter queue needs its crops
 */
export function packExpiry(prefix: string, retentionSeconds: number): ExpiryRule {
  if (!(retentionSeconds >= retention.min && retentionSeconds <= retention.max)) {
    throw new RangeError(
      `expected a retention of ${retention.min} to ${retention.max} seconds, got ${retentionSeconds}`,
    );
  }
  const days = Math.floor(retentionSeconds / secondsPerDay) + 1;
  return { id: 'expire-packed-crops', prefix: underPrefix(prefix, packedPrefix), days };
}
