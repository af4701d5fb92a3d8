import type { Ending } from './ending.ts';
import { isZero } from './zero-tail.ts';

const [imageDescriptor, extension, trailer] = [0x2c, 0x21, 0x3b];

/**
 * Blocks by their lengths (GIF89a, section 15), up to the end of the first frame. Later frames and the trailer are not
 * needed.
 */
export function gifEnding(bytes: Buffer): Ending {
  let at = 13 + colorTableBytes(bytes[10] ?? 0);
  while (bytes[at] === extension) at = afterSubBlocks(bytes, at + 2);
  if (bytes[at] === imageDescriptor) {
    // The descriptor, its color table and the code size.
    at = afterSubBlocks(bytes, at + 10 + colorTableBytes(bytes[at + 9] ?? 0) + 1);
    const rest = bytes.subarray(at);
    if (at > bytes.length || (rest.length > 0 && isZero(rest))) return 'truncated';
    return 'complete';
  }
  // Damaged rather than truncated: the decoder decides.
  return bytes[at] === trailer || !isZero(bytes.subarray(at)) ? 'complete' : 'truncated';
}

/** Data blocks up to an empty one; beyond the end of a truncated file. */
function afterSubBlocks(bytes: Buffer, start: number): number {
  let at = start;
  while ((bytes[at] ?? 0) > 0) at += 1 + (bytes[at] ?? 0);
  return at + 1;
}

function colorTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * (2 << (flags & 7)) : 0;
}
