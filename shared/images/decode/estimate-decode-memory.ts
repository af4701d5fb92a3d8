import type { Metadata } from 'sharp';
import { jpegFrame } from './jpeg-frame.ts';
import { firstDirectory } from './tiff-directory.ts';

type Header = Pick<Metadata, 'format' | 'width' | 'height' | 'channels' | 'depth' | 'orientation' | 'isProgressive'>;

/** Bytes per channel of a pixel. */
const depthBytes: Readonly<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
  complex: 8,
  double: 8,
  dpcomplex: 16,
};

/** Rows in memory while an image streams through: libvips reads ahead of what it resizes, and keeps both. */
const maxRows = 2000;
const rowsOfSmallImage = 2.7;
const baseBytes = 4 * 2 ** 20;
/** Rows of TIFF tiles that libvips keeps; together they may be larger than the image. */
const tileRows = 4.3;

/** Bytes per pixel that libwebp frees without the allocator returning them to the system, for the first pixels only. */
const freed = { bytesPerPixel: 8, maxPixels: 2 ** 23 };

/**
 * Maximum bytes of memory to decode an image, turn it upright and resize it, without the bytes of its file. The factors are
 * measured: `npm run bench:memory` prints the peak growth of resident memory next to this estimate.
 */
export function estimateDecodeMemory(bytes: Uint8Array, header: Header): number {
  const { format, width, height, orientation = 1 } = header;
  const pixels = width * height;
  const pixelBytes = header.channels * (depthBytes[header.depth] ?? 8);
  const rows = width * Math.min(height * rowsOfSmallImage, maxRows);
  const streamed = pixelBytes * Math.max(rows, format === 'tiff' ? tileRows * tileRowPixels(bytes, width) : 0);
  const kept = pixels * keptBytesPerPixel(bytes, header, pixelBytes);
  // A mirrored image keeps its order of rows. Any other turn needs the whole image and turned strips of it.
  const turned = orientation > 2 ? pixels * pixelBytes * 1.3 : 0;
  const unreturned = format === 'webp' ? freed.bytesPerPixel * Math.min(pixels, freed.maxPixels) : 0;
  return baseBytes + Math.ceil(streamed + kept + turned + unreturned);
}

/** Pixels in one row of a TIFF's tiles; 0 for a TIFF with strips. */
function tileRowPixels(bytes: Uint8Array, width: number): number {
  const directory = firstDirectory(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const [tileWidth = 0, tileHeight = 0] = [directory?.first(322), directory?.first(323)];
  return tileWidth > 0 ? Math.ceil(width / tileWidth) * tileWidth * tileHeight : 0;
}

/** Bytes per pixel of the whole image that a decoder keeps. */
function keptBytesPerPixel(bytes: Uint8Array, { format, isProgressive, depth }: Header, pixelBytes: number): number {
  switch (format) {
    case 'jpeg':
      return coefficientBytes(bytes);
    case 'png':
      return isProgressive ? pixelBytes : 0;
    case 'gif':
      return 4;
    case 'webp':
      return 8;
    case 'heif':
      return depth === 'uchar' ? 20 : 26;
    default:
      return 0;
  }
}

/** A JPEG with several scans, each with a part of every pixel, is kept as 16-bit coefficients. */
function coefficientBytes(bytes: Uint8Array): number {
  const frame = jpegFrame(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return frame === undefined || frame.hasManyScans ? 2 * (frame?.samplesPerPixel ?? 4) : 0;
}
