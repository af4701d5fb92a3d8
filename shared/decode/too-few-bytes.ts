import { jpegFrame } from './jpeg-frame.ts';

/**
 * Whether a file is too short for the pixels that its header promises. The decoders of JPEG and GIF fill with one
 * colour what does not come, so that a header alone would pass as an image, at the price of all of its pixels; those of
 * the other formats fail at once.
 *
 * @param format as sharp names it
 */
export function hasTooFewBytes(bytes: Uint8Array, format: string, pixels: number): boolean {
  return pixels > bytes.byteLength * pixelsInAByte(bytes, format);
}

function pixelsInAByte(bytes: Uint8Array, format: string): number {
  // A code of 12 bits stands for at most 4096 pixels.
  if (format === 'gif') return (4096 * 8) / 12;
  if (format !== 'jpeg') return Number.POSITIVE_INFINITY;
  // Huffman's codes take at least a bit, and each 64 pixels have at least one. Arithmetic codes may take none.
  const frame = jpegFrame(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return frame?.entropy === 'huffman' ? 64 * 8 : Number.POSITIVE_INFINITY;
}
