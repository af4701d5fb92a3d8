import { chunksOf } from './tiff-chunks.ts';
import { compressionOf, tiffCompression } from './tiff-compression.ts';
import { firstDirectory } from './tiff-directory.ts';

const endOfImage = Buffer.from([0xff, 0xd9]);

/**
 * A message if a strip or tile of JPEG data in a TIFF has no end marker. The decoder fills in the missing pixels of a tile
 * without a warning. Bytes after the marker are allowed: some files pad each strip.
 */
export function incompleteJpegChunk(bytes: Buffer): string | undefined {
  const directory = firstDirectory(bytes);
  if (directory === undefined || compressionOf(directory) !== tiffCompression.jpeg) return undefined;
  // Strips and tiles of a sound file do not overlap, so the bytes behind all markers are fewer than those of the file.
  let behind = 0;
  for (const { start, end } of chunksOf(directory)) {
    const data = bytes.subarray(start, end);
    const marker = data.lastIndexOf(endOfImage);
    behind += data.length - 2 - marker;
    if (marker < 0 || behind > bytes.length) return 'JPEG data in a strip or tile of the image/tiff file ends early';
  }
  return undefined;
}
