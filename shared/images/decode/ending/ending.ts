import { avifEnding } from './avif-ending.ts';
import { gifEnding } from './gif-ending.ts';
import { jpegEnding } from './jpeg-ending.ts';
import { pngEnding } from './png-ending.ts';
import { tiffEnding } from './tiff-ending.ts';
import { webpEnding } from './webp-ending.ts';

/** A file of which nothing but the end marker may be missing. */
export interface Restored {
  /** The file with its end marker. */
  readonly restored: Buffer;
  /** Decoding this to its last row fails, or warns, if and only if pixels are missing. */
  readonly probe: Buffer;
}

/** Whether a file is as long as its own structure declares, as far as the first image needs it. */
export type Ending = 'complete' | 'truncated' | Restored;

/**
 * Reads the structure of a file and no pixels, which takes microseconds for a complete file. A decoder cannot tell: it
 * reads only the rows that a crop needs.
 *
 * @param type media type of the bytes
 */
export function endingOf(bytes: Uint8Array, type: string): Ending {
  return endings.get(type)?.(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) ?? 'complete';
}

const endings: ReadonlyMap<string, (bytes: Buffer) => Ending> = new Map([
  ['image/jpeg', jpegEnding],
  ['image/png', pngEnding],
  ['image/apng', pngEnding],
  ['image/webp', webpEnding],
  ['image/avif', avifEnding],
  ['image/heif', avifEnding],
  ['image/tiff', tiffEnding],
  ['image/gif', gifEnding],
]);
