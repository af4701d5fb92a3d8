import { lastBoxEnd } from './boxes.ts';
import { endingOf } from './ending/ending-of.ts';
import { isDirectoryTruncated } from './ending/tiff-ending.ts';

/**
 * Whether a file that could not be decoded ends before the end that its own structure declares, in any part of it.
 * @param type media type of the bytes
 */
export function isTruncated(bytes: Uint8Array, type: string): boolean {
  if (endingOf(bytes, type) !== 'complete') return true;
  return otherParts.get(type)?.(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) ?? false;
}

/** Parts that a decoder may read, other than the pixels. */
const otherParts: ReadonlyMap<string, (bytes: Buffer) => boolean> = new Map([
  ['image/avif', areBoxesTruncated],
  ['image/tiff', isDirectoryTruncated],
  ['image/gif', (bytes) => bytes.at(-1) !== 0x3b],
]);

function areBoxesTruncated(bytes: Buffer): boolean {
  return lastBoxEnd(bytes, { start: 0, end: bytes.length }) !== bytes.length;
}
