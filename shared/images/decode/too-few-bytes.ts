import { gifFrame } from './gif-frame.ts';
import { jpegFrame } from './jpeg-frame.ts';

/**
 * A message if a file has too few bytes for its pixels; undefined if it may have enough. JPEG and GIF decoders fill
 * missing pixels with one color, so a header alone would be decoded as an image, with the cost of all its pixels. The
 * decoders of other formats fail at once.
 *
 * @param format as sharp names it
 * @param size of the image. For a GIF the size of the first frame counts, which may be smaller than its screen
 */
export function tooFewBytes(
  bytes: Uint8Array,
  format: string,
  size: { readonly width: number; readonly height: number },
): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { width, height } = (format === 'gif' ? gifFrame(buffer) : size) ?? { width: 0, height: 0 };
  if (width * height <= buffer.length * maxPixelsPerByte(buffer, format)) return undefined;
  return `${buffer.length} bytes are too few for ${width}×${height} pixels of ${format}`;
}

function maxPixelsPerByte(bytes: Buffer, format: string): number {
  // A 12-bit code stands for at most 4096 pixels.
  if (format === 'gif') return (4096 * 8) / 12;
  if (format !== 'jpeg') return Number.POSITIVE_INFINITY;
  // Every 64 pixels have at least one Huffman code of at least one bit. Arithmetic codes may need no bits.
  return jpegFrame(bytes)?.entropy === 'huffman' ? 64 * 8 : Number.POSITIVE_INFINITY;
}
