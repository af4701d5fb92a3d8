import { firstDirectory } from './tiff-directory.ts';

const tileWidth = 322;

/** A TIFF without its later pages, a copy if there are any, and whether the first page has tiles instead of strips. */
export interface FirstPage {
  readonly bytes: Buffer;
  readonly isTiled: boolean;
}

/**
 * Cuts the link to the second page. The decoder reads the directories of all pages before it decodes the first, and fails if
 * one is damaged or has a compression that it does not know.
 */
export function firstPage(bytes: Buffer): FirstPage {
  const directory = firstDirectory(bytes);
  const isTiled = directory?.values.has(tileWidth) ?? false;
  if (directory?.next === undefined) return { bytes, isTiled };
  const { at, length } = directory.next;
  return { bytes: Buffer.from(bytes).fill(0, at, at + length), isTiled };
}
