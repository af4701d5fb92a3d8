/**
 * Whether an image file stops before the end that its own structure announces.
 * @param type media type of the bytes
 */
export function endsEarly(bytes: Uint8Array, type: string): boolean {
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

function endOfScan(bytes: Buffer, start: number): number {
  let at = bytes.indexOf(0xff, start);
  while (at >= 0 && isPartOfScan(bytes[at + 1] ?? 0)) at = bytes.indexOf(0xff, at + 2);
  return at < 0 ? bytes.length : at;
}

/** A stuffed zero or a restart marker. */
function isPartOfScan(marker: number): boolean {
  return marker === 0 || (marker >= 0xd0 && marker <= 0xd7);
}

/** Chunks by their lengths, up to `IEND` (PNG specification, 5.3). */
function pngEndsEarly(bytes: Buffer): boolean {
  let at = 8;
  while (at + 12 <= bytes.length) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return false;
    at += 12 + bytes.readUInt32BE(at);
  }
  return true;
}

/** Boxes by their lengths; a length of 0 reaches to the end, of 1 is given in 64 bits (ISO/IEC 14496-12, 4.2). */
function boxesEndEarly(bytes: Buffer): boolean {
  let at = 0;
  while (at + 8 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (length === 0) return false;
    if (length === 1 && at + 16 > bytes.length) return true;
    at += length === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : Math.max(length, 8);
  }
  return at !== bytes.length;
}

/** The first directory, or a value that one of its entries points to, lies beyond the end (TIFF 6.0, section 2). */
function tiffEndsEarly(bytes: Buffer): boolean {
  const littleEndian = bytes[0] === 0x49;
  const short = (at: number) => (littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const long = (at: number) => (littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  if (bytes.length < 8) return true;
  const directory = long(4);
  if (directory + 2 > bytes.length) return true;
  const entries = short(directory);
  if (directory + 2 + entries * 12 > bytes.length) return true;
  return Array.from({ length: entries }, (_, index) => directory + 2 + index * 12).some((entry) => {
    const length = (tiffTypeBytes[short(entry + 2)] ?? 1) * long(entry + 4);
    return length > 4 && long(entry + 8) + length > bytes.length;
  });
}

/** Bytes of a value by its type: byte, text, short, long, rational; and their signed and floating counterparts. */
const tiffTypeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
