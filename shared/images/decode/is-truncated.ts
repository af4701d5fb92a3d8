import { firstDirectory } from './tiff-directory.ts';

/**
 * Whether an image file stops before the end that its own structure announces.
 * @param type media type of the bytes
 */
export function isTruncated(bytes: Uint8Array, type: string): boolean {
  return walks.get(type)?.(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) ?? false;
}

const walks: ReadonlyMap<string, (bytes: Buffer) => boolean> = new Map([
  ['image/jpeg', jpegEndsEarly],
  ['image/png', pngEndsEarly],
  ['image/apng', pngEndsEarly],
  ['image/webp', (bytes) => bytes.length < 8 || bytes.readUInt32LE(4) + 8 > bytes.length],
  ['image/avif', boxesEndEarly],
  ['image/tiff', tiffEndsEarly],
  ['image/gif', (bytes) => bytes.at(-1) !== 0x3b],
]);

const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;

/** Segments by their lengths, scans up to the next marker that is not part of them (ITU-T T.81, annex B). */
function jpegEndsEarly(bytes: Buffer): boolean {
  let at = 0;
  while (at + 1 < bytes.length) {
    const marker = bytes[at] === 0xff ? (bytes[at + 1] ?? 0) : undefined;
    if (marker === undefined) return false; // damaged, not short
    if (marker === endOfImage) return false;
    if (marker === 0xff) at += 1;
    else if (marker === startOfImage || isPartOfScan(marker)) at += 2;
    else {
      if (at + 4 > bytes.length) return true;
      at += 2 + bytes.readUInt16BE(at + 2);
      if (marker === startOfScan) at = endOfScan(bytes, at);
    }
  }
  return true;
}

/** A byte at a time: a search for the next marker costs a call each, and a scan may consist of nothing else. */
function endOfScan(bytes: Buffer, start: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    if (bytes[at] === 0xff && !isPartOfScan(bytes[at + 1] ?? 0)) return at;
  }
  return bytes.length;
}

/** A stuffed zero or a restart marker. */
function isPartOfScan(marker: number): boolean {
  return marker === 0 || (marker >= 0xd0 && marker <= 0xd7);
}

/** `IEND` as a number. */
const end = 0x49454e44;

/** Chunks by their lengths, up to `IEND` (PNG specification, 5.3). */
function pngEndsEarly(bytes: Buffer): boolean {
  let at = 8;
  while (at + 12 <= bytes.length) {
    if (bytes.readUInt32BE(at + 4) === end) return false;
    at += 12 + bytes.readUInt32BE(at);
  }
  return true;
}

/**
 * Boxes by their lengths; a length of 0 reaches to the end, of 1 is given in 64 bits (ISO/IEC 14496-12, 4.2). A length that
 * is less than what states it would keep the walk where it is.
 */
function boxesEndEarly(bytes: Buffer): boolean {
  let at = 0;
  while (at + 8 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (length === 0) return false;
    if (length === 1 && at + 16 > bytes.length) return true;
    at += length === 1 ? Math.max(Number(bytes.readBigUInt64BE(at + 8)), 16) : Math.max(length, 8);
  }
  return at !== bytes.length;
}

/** Offsets and lengths of what holds the pixels: strips, tiles. */
const pixels = [
  [273, 279],
  [324, 325],
] as const;

/** Far more than pictures have; of others whether the first of them lie within the file. */
const mostParts = 2 ** 20;

/** The first directory, a value that one of its entries points to, or pixels lie beyond the end. */
function tiffEndsEarly(bytes: Buffer): boolean {
  const directory = firstDirectory(bytes);
  if (directory === undefined) return true;
  if (directory.values.values().some(({ at, length }) => at + length > bytes.length)) return true;
  return pixels.some(([offsets, lengths]) => {
    for (let part = 0; part < mostParts; part += 1) {
      const offset = directory.number(offsets, part);
      if (offset === undefined) return false;
      if (offset + (directory.number(lengths, part) ?? 0) > bytes.length) return true;
    }
    return false;
  });
}
