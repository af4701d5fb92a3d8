import { chunksOf, isChunkListCut, type TiffChunk } from '../tiff-chunks.ts';
import { compressionOf, tiffCompression } from '../tiff-compression.ts';
import { firstDirectory, type TiffDirectory } from '../tiff-directory.ts';
import type { Ending } from './ending.ts';
import { hasLzwEnd } from './lzw-end.ts';
import { endsInZeros } from './zero-tail.ts';

const [fillOrder, lowestBitFirst] = [266, 2];
/** Values of YCbCr that are fractions, 8 bytes each: coefficients, and reference black and white. */
const fractions = [529, 532];
/** Compressions whose decoder fails if zeros are in place of the last part. */
const checkedByDecoding: ReadonlySet<number> = new Set([
  tiffCompression.adobeDeflate,
  tiffCompression.deflate,
  tiffCompression.packBits,
]);

/** The directory of the first page and its strips or tiles (TIFF 6.0, section 2). There is no end marker. */
export function tiffEnding(bytes: Buffer): Ending {
  const directory = firstDirectory(bytes);
  // A directory without values: zeros in place of it.
  if (directory === undefined || directory.values.size === 0) return 'truncated';
  if (isChunkListCut(bytes, directory) || hasZeroFraction(bytes, directory)) return 'truncated';
  let last: TiffChunk = { start: 0, end: 0 };
  for (const chunk of chunksOf(directory)) {
    if (chunk.end > bytes.length) return 'truncated';
    if (chunk.end > last.end) last = chunk;
  }
  const data = bytes.subarray(last.start, last.end);
  const compression = compressionOf(directory);
  if (!endsInZeros(data)) return 'complete';
  // Pixels that end in zeros, bytes that pad a strip, or a part that was never written.
  if (checkedByDecoding.has(compression)) return { restored: bytes, probe: bytes };
  const isLzw = compression === tiffCompression.lzw && directory.first(fillOrder) !== lowestBitFirst;
  return isLzw && !hasLzwEnd(data) ? 'truncated' : 'complete';
}

/** Whether the first directory or one of its values is missing: what the pixels are is then unknown. */
export function isDirectoryTruncated(bytes: Buffer): boolean {
  const directory = firstDirectory(bytes);
  return directory?.values.values().some(({ at, length }) => at + length > bytes.length) ?? true;
}

/** Whether a fraction that the colors are computed from has a divisor of 0: zeros in place of the end of the file. */
function hasZeroFraction(bytes: Buffer, directory: TiffDirectory): boolean {
  if (!endsInZeros(bytes)) return false;
  return fractions.some((tag) => {
    const value = directory.values.get(tag);
    return (
      value?.width === 8 &&
      bytes.subarray(value.at + value.length - 4, value.at + value.length).every((byte) => byte === 0)
    );
  });
}
