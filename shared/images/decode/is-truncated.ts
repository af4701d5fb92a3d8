import { firstDirectory } from './tiff-directory.ts';

/**
 * Whether a file ends before the end that its own structure declares.
 * @param type media type of the bytes
 */
export function isTruncated(bytes: Uint8Array, type: string): boolean {
  return checks.get(type)?.(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) ?? false;
}

const checks: ReadonlyMap<string, (bytes: Buffer) => boolean> = new Map([
  ['image/jpeg', isJpegTruncated],
  ['image/png', isPngTruncated],
  ['image/apng', isPngTruncated],
  ['image/webp', (bytes) => bytes.length < 8 || bytes.readUInt32LE(4) + 8 > bytes.length],
  ['image/avif', areBoxesTruncated],
  ['image/tiff', isTiffTruncated],
  ['image/gif', (bytes) => bytes.at(-1) !== 0x3b],
]);

const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;

/** Segments by their lengths, scans up to the next marker that does not belong to them (ITU-T T.81, annex B). */
function isJpegTruncated(bytes: Buffer): boolean {
  let at = 0;
  while (at + 1 < bytes.length) {
    const marker = bytes[at] === 0xff ? (bytes[at + 1] ?? 0) : undefined;
    if (marker === undefined) return false; // damaged, not truncated
    if (marker === endOfImage) return false;
    if (marker === 0xff) at += 1;
    else if (marker === startOfImage || belongsToScan(marker)) at += 2;
    else {
      if (at + 4 > bytes.length) return true;
      at += 2 + bytes.readUInt16BE(at + 2);
      if (marker === startOfScan) at = endOfScan(bytes, at);
    }
  }
  return true;
}

/** Byte by byte: searching for each marker costs a call, and a scan may consist of markers alone. */
function endOfScan(bytes: Buffer, start: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    if (bytes[at] === 0xff && !belongsToScan(bytes[at + 1] ?? 0)) return at;
  }
  return bytes.length;
}

/** A stuffed zero or a restart marker. */
function belongsToScan(marker: number): boolean {
  return marker === 0 || (marker >= 0xd0 && marker <= 0xd7);
}

/** `IEND` as a number. */
const end = 0x49454e44;

/** Chunks by their lengths, up to `IEND` (PNG specification, 5.3). */
function isPngTruncated(bytes: Buffer): boolean {
  let at = 8;
  while (at + 12 <= bytes.length) {
    if (bytes.readUInt32BE(at + 4) === end) return false;
    at += 12 + bytes.readUInt32BE(at);
  }
  return true;
}

/**
 * Boxes by their lengths: 0 extends to the end of the file, 1 means a 64-bit length follows (ISO/IEC 14496-12, 4.2). Steps
 * are at least as long as the box header, so that the loop ends for wrong lengths too.
 */
function areBoxesTruncated(bytes: Buffer): boolean {
  let at = 0;
  while (at + 8 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (length === 0) return false;
    if (length === 1 && at + 16 > bytes.length) return true;
    at += length === 1 ? Math.max(Number(bytes.readBigUInt64BE(at + 8)), 16) : Math.max(length, 8);
  }
  return at !== bytes.length;
}

/** Tags of the offsets and lengths of strips and of tiles. */
const pixelTags = [
  [273, 279],
  [324, 325],
] as const;

/** Maximum number of strips or tiles to check; images have far fewer. */
const maxChunks = 2 ** 20;

/** Whether the first directory, a value that it points to, or pixels lie beyond the end. */
function isTiffTruncated(bytes: Buffer): boolean {
  const directory = firstDirectory(bytes);
  if (directory === undefined) return true;
  if (directory.values.values().some(({ at, length }) => at + length > bytes.length)) return true;
  return pixelTags.some(([offsets, lengths]) => {
    for (let chunk = 0; chunk < maxChunks; chunk += 1) {
      const offset = directory.number(offsets, chunk);
      if (offset === undefined) return false;
      if (offset + (directory.number(lengths, chunk) ?? 0) > bytes.length) return true;
    }
    return false;
  });
}
