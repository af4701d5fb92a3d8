import type { Metadata } from 'sharp';
import { jpegFrame } from './jpeg-frame.ts';
import { firstDirectory } from './tiff-directory.ts';

type Header = Pick<Metadata, 'format' | 'width' | 'height' | 'channels' | 'depth' | 'orientation' | 'isProgressive'>;

/** Bytes of one channel of a pixel. */
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

/** Rows that are in memory where a picture streams through: libvips reads ahead of what it resizes, and keeps both. */
const mostRows = 2000;
const rowsOfSmall = 2.7;
const forAny = 4 * 2 ** 20;
/** Rows of a TIFF's tiles that libvips keeps, which may be larger than the picture. */
const tileRows = 4.3;

/** Bytes of a pixel that libwebp frees without the allocator giving them back, unless a picture has more pixels. */
const freed = { bytes: 8, mostPixels: 2 ** 23 };

/**
 * Bytes of memory, at most, that an image takes while it is decoded, turned upright and resized; not those of its file.
 * The figures are measured: `npm run bench:memory` prints by how much resident memory grows at its peak beside this.
 */
export function estimateDecodeMemory(bytes: Uint8Array, header: Header): number {
  const { format, width, height, orientation = 1 } = header;
  const pixels = width * height;
  const pixel = header.channels * (depthBytes[header.depth] ?? 8);
  const rows = width * Math.min(height * rowsOfSmall, mostRows);
  const strip = pixel * Math.max(rows, format === 'tiff' ? tileRows * rowOfTiles(bytes, width) : 0);
  const whole = pixels * heldPerPixel(bytes, header, pixel);
  // Mirrored left to right, rows come in order; in any other turn the whole picture is kept, and strips of it turned.
  const turned = orientation > 2 ? pixels * pixel * 1.3 : 0;
  const unreturned = format === 'webp' ? freed.bytes * Math.min(pixels, freed.mostPixels) : 0;
  return forAny + Math.ceil(strip + whole + turned + unreturned);
}

/** Pixels of the tiles that lie side by side in a TIFF; 0 where it has strips. */
function rowOfTiles(bytes: Uint8Array, width: number): number {
  const directory = firstDirectory(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const [tileWidth = 0, tileHeight = 0] = [directory?.first(322), directory?.first(323)];
  return tileWidth > 0 ? Math.ceil(width / tileWidth) * tileWidth * tileHeight : 0;
}

/** Bytes of a pixel that a decoder keeps of the whole picture. */
function heldPerPixel(bytes: Uint8Array, { format, isProgressive, depth }: Header, pixel: number): number {
  switch (format) {
    case 'jpeg':
      return coefficients(bytes);
    case 'png':
      return isProgressive ? pixel : 0;
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

/** A JPEG whose scans each bring a part of every pixel is kept as coefficients, of 16 bits. */
function coefficients(bytes: Uint8Array): number {
  const frame = jpegFrame(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return frame === undefined || frame.hasManyScans ? 2 * (frame?.samplesPerPixel ?? 4) : 0;
}
