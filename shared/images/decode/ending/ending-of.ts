import { avifEnding } from './avif-ending.ts';
import type { Ending } from './ending.ts';
import { gifEnding } from './gif-ending.ts';
import { jpegEnding } from './jpeg-ending.ts';
import { pngEnding } from './png-ending.ts';
import { tiffEnding } from './tiff-ending.ts';
import { webpEnding } from './webp-ending.ts';

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
