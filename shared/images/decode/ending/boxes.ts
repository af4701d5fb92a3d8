/** A box without its header. */
export interface Box {
  readonly type: string;
  readonly start: number;
  /** May be beyond the end of the file. */
  readonly end: number;
}

/**
 * Boxes by their lengths: 0 extends to the end of the file, 1 means a 64-bit length follows (ISO/IEC 14496-12, 4.2). Steps
 * are at least as long as the box header, so that the loop ends for wrong lengths too.
 */
export function* boxesOf(bytes: Buffer): Generator<Box> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const short = bytes.readUInt32BE(at);
    const header = short === 1 ? 16 : 8;
    if (at + header > bytes.length) return;
    const length = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short;
    const end = short === 0 ? bytes.length : at + Math.max(length, header);
    yield { type: bytes.toString('latin1', at + 4, at + 8), start: at + header, end };
    at = end;
  }
}
