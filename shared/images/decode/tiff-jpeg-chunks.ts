import { compressionOf, tiffCompression } from './tiff-compression.ts';
import { firstDirectory, type TiffDirectory } from './tiff-directory.ts';

/** Tags of the offsets and lengths of strips and of tiles. */
const chunkTags = [
  [273, 279],
  [324, 325],
] as const;
const endOfImage = Buffer.from([0xff, 0xd9]);
/** Bytes at the end of a strip or tile that may contain the end marker: some files pad to whole words. */
const endBytes = 16;
/** Maximum number of strips or tiles to check; images have far fewer. */
const maxChunks = 2 ** 20;

/**
 * A message if a strip or tile of JPEG data in a TIFF has no end marker. The decoder fills in the missing pixels of a tile
 * without a warning.
 */
export function incompleteJpegChunk(bytes: Buffer): string | undefined {
  const directory = firstDirectory(bytes);
  if (directory === undefined || compressionOf(directory) !== tiffCompression.jpeg) return undefined;
  const isIncomplete = chunksOf(bytes, directory).some((chunk) => !chunk.subarray(-endBytes).includes(endOfImage));
  return isIncomplete ? 'JPEG data in a strip or tile of the image/tiff file ends early' : undefined;
}

function* chunksOf(bytes: Buffer, directory: TiffDirectory): Generator<Buffer, void> {
  for (const [offsets, lengths] of chunkTags) {
    for (let chunk = 0; chunk < maxChunks; chunk += 1) {
      const offset = directory.number(offsets, chunk);
      if (offset === undefined) break;
      yield bytes.subarray(offset, offset + (directory.number(lengths, chunk) ?? 0));
    }
  }
}
