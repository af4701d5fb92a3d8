import type { TiffDirectory } from './tiff-directory.ts';

/** Where a strip or tile is in a TIFF, bytes; it may be beyond the end of the file. */
export interface TiffChunk {
  readonly start: number;
  readonly end: number;
}

/** Tags of the offsets and lengths of strips and of tiles. */
const chunkTags = [
  [273, 279],
  [324, 325],
] as const;
/** Maximum number of strips or tiles to check; images have far fewer. */
const maxChunks = 2 ** 20;

/** The strips and tiles of a page. */
export function* chunksOf(directory: TiffDirectory): Generator<TiffChunk, void> {
  for (const [offsets, lengths] of chunkTags) {
    for (let chunk = 0; chunk < maxChunks; chunk += 1) {
      const start = directory.number(offsets, chunk);
      if (start === undefined) break;
      yield { start, end: start + (directory.number(lengths, chunk) ?? 0) };
    }
  }
}

/** Whether the list of the strips or tiles goes on beyond the end of the file. */
export function isChunkListCut(bytes: Buffer, directory: TiffDirectory): boolean {
  return chunkTags.some(([offsets]) => {
    const list = directory.values.get(offsets);
    return list !== undefined && list.at + list.length > bytes.length;
  });
}
