import { gifFrame } from './gif-frame.ts';
import { jpegFrame } from './jpeg-frame.ts';

/**
 * How many pixels too few bytes promise, in words; undefined where there may be enough. The decoders of JPEG and GIF fill
 * with one colour what does not come, so that a header alone would pass as an image, at the price of all of its pixels;
 * those of the other formats fail at once.
 *
 * @param format as sharp names it
 * @param size of the picture; that of a GIF is its screen, of which the bytes need not hold more than the first frame
 */
export function tooFewBytes(
  bytes: Uint8Array,
  format: string,
  size: { readonly width: number; readonly height: number },
): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { width, height } = (format === 'gif' ? gifFrame(buffer) : size) ?? { width: 0, height: 0 };
  if (width * height <= buffer.length * pixelsInAByte(buffer, format)) return undefined;
  return `${buffer.length} bytes are too few for ${width}×${height} pixels of ${format}`;
}

function pixelsInAByte(bytes: Buffer, format: string): number {
  // A code of 12 bits stands for at most 4096 pixels.
  if (format === 'gif') return (4096 * 8) / 12;
  if (format !== 'jpeg') return Number.POSITIVE_INFINITY;
  // Huffman's codes take at least a bit, and each 64 pixels have at least one. Arithmetic codes may take none.
  return jpegFrame(bytes)?.entropy === 'huffman' ? 64 * 8 : Number.POSITIVE_INFINITY;
}
