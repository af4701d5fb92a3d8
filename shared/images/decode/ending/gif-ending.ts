import { afterExtensions, afterSubBlocks, colorTableBytes, isImageDescriptor } from '../gif-blocks.ts';
import { gifFrame } from '../gif-frame.ts';
import type { Ending } from './ending.ts';
import { gifPixels } from './gif-pixels.ts';
import { isZero } from './zero-tail.ts';

const trailer = 0x3b;

/**
 * Blocks by their lengths (GIF89a, section 15), up to the end of the first frame, and the pixels of its codes. Later frames
 * and the trailer are not needed.
 */
export function gifEnding(bytes: Buffer): Ending {
  const at = afterExtensions(bytes);
  if (isImageDescriptor(bytes, at)) {
    const codeSize = at + 10 + colorTableBytes(bytes[at + 9] ?? 0); // after the descriptor and its color table
    const end = afterSubBlocks(bytes, codeSize + 1);
    const rest = bytes.subarray(end);
    if (end > bytes.length || (rest.length > 0 && isZero(rest))) return 'truncated';
    const { width, height } = gifFrame(bytes) ?? { width: 0, height: 0 };
    return gifPixels(bytes, codeSize, width * height) < width * height ? 'truncated' : 'complete';
  }
  // Damaged rather than truncated: the decoder decides.
  return bytes[at] === trailer || !isZero(bytes.subarray(at)) ? 'complete' : 'truncated';
}
