import { firstDirectory, type TiffDirectory } from '../tiff-directory.ts';
import type { Ending } from './ending.ts';
import { hasZeroTail } from './zero-tail.ts';

const compression = 259;
/** LZW, JPEG, both numbers of deflate, PackBits: their data does not end in many zeros. */
const withoutZeros: ReadonlySet<number> = new Set([5, 7, 8, 32_946, 32_773]);
/** Tags of the offsets and lengths of strips and of tiles. */
const chunkTags = [
  [273, 279],
  [324, 325],
] as const;

/** Maximum number of strips or tiles to check; images have far fewer. */
const maxChunks = 2 ** 20;

/** The directory of the first page and its strips or tiles (TIFF 6.0, section 2). There is no end marker. */
export function tiffEnding(bytes: Buffer): Ending {
  const directory = firstDirectory(bytes);
  // A directory without values: zeros in place of it.
  if (directory === undefined || directory.values.size === 0) return 'truncated';
  for (const [offsets, lengths] of chunkTags) {
    const last = lastChunk(bytes, directory, offsets, lengths);
    if (last === 'missing') return 'truncated';
    if (last && withoutZeros.has(directory.first(compression) ?? 0) && hasZeroTail(last)) return 'truncated';
  }
  return 'complete';
}

/** Whether the first directory or one of its values is missing: what the pixels are is then unknown. */
export function isDirectoryTruncated(bytes: Buffer): boolean {
  const directory = firstDirectory(bytes);
  return directory?.values.values().some(({ at, length }) => at + length > bytes.length) ?? true;
}

/** The pixels that are stored last; undefined without any. */
function lastChunk(
  bytes: Buffer,
  directory: TiffDirectory,
  offsets: number,
  lengths: number,
): Buffer | 'missing' | undefined {
  const list = directory.values.get(offsets);
  if (list && list.at + list.length > bytes.length) return 'missing';
  let [start, end] = [0, 0];
  for (let chunk = 0; chunk < maxChunks; chunk += 1) {
    const offset = directory.number(offsets, chunk);
    if (offset === undefined) break;
    const chunkEnd = offset + (directory.number(lengths, chunk) ?? 0);
    if (chunkEnd > bytes.length) return 'missing';
    if (chunkEnd > end) [start, end] = [offset, chunkEnd];
  }
  return end > 0 ? bytes.subarray(start, end) : undefined;
}
