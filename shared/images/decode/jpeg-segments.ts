/** A segment before the pixels of a JPEG (ITU-T T.81, B.1.1.4). */
export interface JpegSegment {
  readonly marker: number;
  /** Offset of its marker. */
  readonly at: number;
  /** Where it ends by its length, which may be beyond the end of the file. */
  readonly end: number;
}

export const startOfScan = 0xda;

/** The segments of a JPEG up to and including the start of its first scan; ends at bytes that are no segment. */
export function* jpegSegments(bytes: Buffer): Generator<JpegSegment, void> {
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      // A fill byte.
      at += 1;
      continue;
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    yield { marker, at, end };
    if (marker === startOfScan) return;
    at = end;
  }
}
