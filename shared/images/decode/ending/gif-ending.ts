import { afterExtensions, afterSubBlocks, colorTableBytes, isImageDescriptor } from '../gif-blocks.ts';
import type { Ending } from './ending.ts';
import { isZero } from './zero-tail.ts';

const trailer = 0x3b;

/**
 * Blocks by their lengths (GIF89a, section 15), up to the end of the first frame. Later frames and the trailer are not
 * needed.
 */
export function gifEnding(bytes: Buffer): Ending {
  const at = afterExtensions(bytes);
  if (isImageDescriptor(bytes, at)) {
    // The descriptor, its color table and the code size.
    const end = afterSubBlocks(bytes, at + 10 + colorTableBytes(bytes[at + 9] ?? 0) + 1);
    const rest = bytes.subarray(end);
    return end > bytes.length || (rest.length > 0 && isZero(rest)) ? 'truncated' : 'complete';
  }
  // Damaged rather than truncated: the decoder decides.
  return bytes[at] === trailer || !isZero(bytes.subarray(at)) ? 'complete' : 'truncated';
}
