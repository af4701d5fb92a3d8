import { jpegSegments, startOfScan } from '../jpeg-segments.ts';

const coefficients = 64;

/**
 * Whether the scans of a JPEG hold every bit of every coefficient of every component (ITU-T T.81, G.1.1). A file that ends
 * between two scans looks complete to a decoder: it shows a coarser picture, or one without color.
 *
 * @param scan offset of the first scan's segment
 * @returns false also for arithmetic coding, whose decoder reads missing bytes as zeros
 */
export function areScansComplete(bytes: Buffer, scan: number): boolean {
  const components = componentsOf(bytes);
  if (components === undefined) return false;
  // By component and coefficient: the lowest bit that no scan holds; 0 if all are there.
  const missing = new Map(components.map((component) => [component, new Uint8Array(coefficients).fill(0xff)]));
  let at: number | undefined = scan;
  while (at !== undefined && at + 4 <= bytes.length) {
    const length = bytes.readUInt16BE(at + 2);
    if (at + 2 + length > bytes.length) return false;
    if (bytes[at + 1] === startOfScan) {
      recordScan(bytes.subarray(at + 4, at + 2 + length), missing);
      at = nextMarker(bytes, at + 2 + length);
    } else at += 2 + length;
    if (at !== undefined && bytes[at] !== 0xff) return false;
  }
  return at === undefined && missing.values().every((bits) => bits.every((bit) => bit === 0));
}

/** @param scan the parameters of its segment */
function recordScan(scan: Buffer, missing: ReadonlyMap<number, Uint8Array>): void {
  const count = scan[0] ?? 0;
  const [first = 0, last = 0, approximation = 0] = scan.subarray(1 + 2 * count);
  for (let index = 0; index < count; index += 1) {
    missing.get(scan[1 + 2 * index] ?? -1)?.fill(approximation & 15, first, last + 1);
  }
}

/** The identifiers of the frame's components; undefined for another coding than Huffman's. */
function componentsOf(bytes: Buffer): readonly number[] | undefined {
  const at = jpegSegments(bytes).find(({ marker }) => marker >= 0xc0 && marker <= 0xc2)?.at;
  if (at === undefined) return undefined;
  return Array.from({ length: bytes[at + 9] ?? 0 }, (_, index) => bytes[at + 10 + 3 * index] ?? 0);
}

/**
 * The next marker that does not belong to the scan; undefined at the end of the file. Byte by byte: searching for each
 * marker costs a call, and a scan may consist of markers alone.
 */
function nextMarker(bytes: Buffer, start: number): number | undefined {
  for (let at = start; at + 1 < bytes.length; at += 1) {
    const next = bytes[at + 1] ?? 0;
    if (bytes[at] === 0xff && next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return undefined;
}
