/** A box of an ISO base media file (ISO/IEC 14496-12, 4.2), such as AVIF. */
export interface Box {
  readonly type: string;
  /** Offsets of its content, bytes. */
  readonly start: number;
  readonly end: number;
  /** Where the box ends by its length, which may be beyond the range. */
  readonly declaredEnd: number;
}

/**
 * The boxes in a range of a file: a length of 0 extends to the end, 1 means that a 64-bit length follows. Steps are at least as
 * long as the box header, so that the loop ends for wrong lengths too.
 */
export function* boxesIn(bytes: Buffer, start: number, end: number): Generator<Box> {
  let at = start;
  while (at + 8 <= end) {
    const short = bytes.readUInt32BE(at);
    const isLong = short === 1 && at + 16 <= end;
    const header = isLong ? 16 : 8;
    const length = isLong ? Number(bytes.readBigUInt64BE(at + 8)) : short === 0 ? end - at : short;
    const next = at + Math.max(length, header);
    const type = bytes.toString('latin1', at + 4, at + 8);
    // The length itself is beyond the range.
    const declaredEnd = short === 1 && !isLong ? at + 16 : next;
    yield { type, start: at + header, end: Math.min(next, end), declaredEnd };
    at = next;
  }
}

/** The first box of a type in a range; with a path, in the boxes before it. */
export function findBox(bytes: Buffer, range: { readonly start: number; readonly end: number }, type: string) {
  return boxesIn(bytes, range.start, range.end).find((box) => box.type === type);
}
