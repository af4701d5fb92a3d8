import { UserError } from '../failures/user-error.ts';
import { cropBytes, maxCropsPerImage } from '../models/crops-of-image.ts';
import type { Preprocess } from '../models/model-manifest.ts';
import { maxRegionsOf } from '../models/regions-rule.ts';
import { sqsLimits } from '../stores/aws/sqs-limits.ts';

/**
 * How crops are sent: `inline` in the messages; `packed` in packs, with messages that point into them; `auto` in the
 * cheaper way, packed if a message would be too large.
 */
export const transports = ['inline', 'packed', 'auto'] as const;

export type Transport = (typeof transports)[number];

/** Bytes of a message without its pixels, for a key of usual length. */
const headerBytes = 1_024;
/** Bytes of a region's box in a message, at most. */
const boxBytes = 64;

/**
 * Checks before any work that the crops of an image fit in a message if they are sent inline.
 * @throws {UserError} if they do not
 */
export function checkTransport(transport: Transport, preprocess: Pick<Preprocess, 'crop' | 'regions'>): void {
  if (transport !== 'inline') return;
  const { crop, regions } = preprocess;
  const { height, width } = crop;
  const ofRegions = maxRegionsOf({ regions });
  const count = maxCropsPerImage(preprocess);
  const bytes = base64Bytes(cropBytes({ count, height, width })) + headerBytes + ofRegions * boxBytes;
  if (bytes <= sqsLimits.bytes) return;
  throw new UserError(
    `${count} ${count === 1 ? 'crop' : 'crops'} of ${height}×${width} take ${bytes} bytes in a message, over the limit of ` +
      `${sqsLimits.bytes}: use the transport packed or auto, with a store in S3`,
  );
}

/** Length in base64. */
export function base64Bytes(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}
