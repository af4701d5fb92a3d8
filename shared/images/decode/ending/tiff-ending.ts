import { chunksOf, isChunkListCut, type TiffChunk } from '../tiff-chunks.ts';
import { compressionOf, tiffCompression } from '../tiff-compression.ts';
import { firstDirectory, type TiffDirectory } from '../tiff-directory.ts';
import type { Ending } from './ending.ts';
import { hasLzwEnd } from './lzw-end.ts';
import { endsInZeros, hasZeroTail, isZero } from './zero-tail.ts';

const [fillOrder, lowestBitFirst] = [266, 2];
/** Compressions whose end is not looked for if their bits are reversed. */
const reversible: ReadonlySet<number> = new Set([
  tiffCompression.lzw,
  tiffCompression.adobeDeflate,
  tiffCompression.deflate,
]);
/**
 * Values whose last number, or whose last divisor, is never 0: bits, offsets and lengths, number formats, tables of JPEG data,
 * coefficients of YCbCr.
 */
const neverZero = [258, 273, 279, 324, 325, 339, 347, 529, 532];
const fractions: ReadonlySet<number> = new Set([529, 532]);

/** The directory of the first page and its strips or tiles (TIFF 6.0, section 2). There is no end marker. */
export function tiffEnding(bytes: Buffer): Ending {
  const directory = firstDirectory(bytes);
  // A directory without values: zeros in place of it.
  if (directory === undefined || directory.values.size === 0) return 'truncated';
  if (isChunkListCut(bytes, directory) || hasZeroValue(bytes, directory)) return 'truncated';
  let last: TiffChunk = { start: 0, end: 0 };
  for (const chunk of chunksOf(directory)) {
    if (chunk.end > bytes.length) return 'truncated';
    if (chunk.end > last.end) last = chunk;
  }
  const data = bytes.subarray(last.start, last.end);
  const compression = compressionOf(directory);
  if (!endsInZeros(data)) return 'complete';
  // Pixels that end in zeros, bytes that pad a strip, or a part that was never written.
  if (directory.first(fillOrder) === lowestBitFirst && compression !== tiffCompression.packBits) {
    return reversible.has(compression) && hasZeroTail(data) ? 'truncated' : 'complete';
  }
  switch (compression) {
    case tiffCompression.packBits:
      return { restored: bytes, probe: bytes };
    case tiffCompression.adobeDeflate:
    case tiffCompression.deflate:
      return { restored: bytes, deflated: data, maxBytes: maxChunkBytes(directory) };
    case tiffCompression.lzw:
      return hasLzwEnd(data) ? 'complete' : 'truncated';
    default:
      return 'complete';
  }
}

/** Bytes of the whole image, or of a tile that is larger. */
function maxChunkBytes(directory: TiffDirectory): number {
  const [width, height, tileWidth, tileHeight, bits, channels] = [256, 257, 322, 323, 258, 277].map(
    (tag) => directory.first(tag) ?? 1,
  );
  const pixels = Math.max(width ?? 1, tileWidth ?? 1) * Math.max(height ?? 1, tileHeight ?? 1);
  return pixels * Math.ceil((bits ?? 1) / 8) * (channels ?? 1);
}

/** Whether the first directory or one of its values is missing: what the pixels are is then unknown. */
export function isDirectoryTruncated(bytes: Buffer): boolean {
  const directory = firstDirectory(bytes);
  return directory?.values.values().some(({ at, length }) => at + length > bytes.length) ?? true;
}

/** Whether a value without which the pixels cannot be read is 0: zeros in place of the end of the file. */
function hasZeroValue(bytes: Buffer, directory: TiffDirectory): boolean {
  if (!endsInZeros(bytes)) return false;
  return neverZero.some((tag) => {
    const value = directory.values.get(tag);
    if (value === undefined || value.length === 0) return false;
    const end = value.at + value.length;
    // A fraction ends in its divisor.
    const width = value.width === 8 && fractions.has(tag) ? 4 : value.width;
    return isZero(bytes.subarray(end - width, end));
  });
}
