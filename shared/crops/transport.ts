import { sqsLimits } from '../events/sqs-limits.ts';
import { UserError } from '../failures/user-error.ts';
import { tensorBytes } from '../images/crop-tensor.ts';
import { cropsPerImage, type Preprocess } from '../models/model-manifest.ts';

/**
 * How crops go through a queue: `inline` in the messages themselves; `packed` in objects beside it, several images in
 * each, with messages that point into them; `auto` whichever costs less, and the other where a message would be too large.
 */
export const transports = ['inline', 'packed', 'auto'] as const;

export type Transport = (typeof transports)[number];

/** Bytes of a message besides its pixels, where the key is no longer than most. */
const otherBytes = 1_024;

/**
 * Finds out before anything is computed whether the crops of an image can go inline at all.
 * @throws {UserError} when no message could hold them
 */
export function checkTransport(transport: Transport, { crop }: Pick<Preprocess, 'crop'>): void {
  if (transport !== 'inline') return;
  const { rule, height, width } = crop;
  const count = cropsPerImage[rule];
  const bytes = base64Bytes(tensorBytes({ count, height, width })) + otherBytes;
  if (bytes <= sqsLimits.bytes) return;
  throw new UserError(
    `${count} ${count === 1 ? 'crop' : 'crops'} of ${height}×${width} would make a message of ${bytes} bytes, the limit ` +
      `is ${sqsLimits.bytes}: expected the transport packed or auto, which need a place in S3, got inline`,
  );
}

/** Length of bytes as base64. */
export function base64Bytes(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}
