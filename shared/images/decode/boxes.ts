/** A box of an ISO base media file (ISO/IEC 14496-12, 4.2), such as AVIF. */
export interface Box {
  readonly type: string;
  /** Offsets of its content, bytes. */
  readonly start: number;
  readonly end: number;
  /** Where the box ends by its length, which may be beyond the range. */
  readonly declaredEnd: number;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The boxes in a range of a file. */
export function* boxesIn(bytes: Buffer, start: number, end: number): Generator<Box> {
  for (let at = start; at + 8 <= end; at = nextBox(bytes, at, end)) yield boxAt(bytes, at, end);
}

/** The first box of a type in a range. A file may consist of empty boxes: a step makes no object. */
export function findBox(bytes: Buffer, { start, end }: Range, type: string): Box | undefined {
  const wanted = Buffer.from(type, 'latin1').readUInt32BE();
  for (let at = start; at + 8 <= end; at = nextBox(bytes, at, end)) {
    if (bytes.readUInt32BE(at + 4) === wanted) return boxAt(bytes, at, end);
  }
  return undefined;
}

/** Where the last box of a range ends by its length; the start of the range without any. */
export function lastBoxEnd(bytes: Buffer, { start, end }: Range): number {
  let [last, at] = [start, start];
  while (at + 8 <= end) {
    last = declaredEnd(bytes, at, end);
    at = nextBox(bytes, at, end);
  }
  return last;
}

function boxAt(bytes: Buffer, at: number, end: number): Box {
  return {
    type: bytes.toString('latin1', at + 4, at + 8),
    start: at + (isLong(bytes, at, end) ? 16 : 8),
    end: Math.min(nextBox(bytes, at, end), end),
    declaredEnd: declaredEnd(bytes, at, end),
  };
}

/** A 64-bit length follows. */
function isLong(bytes: Buffer, at: number, end: number): boolean {
  return bytes.readUInt32BE(at) === 1 && at + 16 <= end;
}

/**
 * Offset behind a box; a length of 0 extends to the end. Steps are at least as long as the box header, so that loops end for
 * wrong lengths too.
 */
export function nextBox(bytes: Buffer, at: number, end: number): number {
  if (isLong(bytes, at, end)) return at + Math.max(Number(bytes.readBigUInt64BE(at + 8)), 16);
  const length = bytes.readUInt32BE(at);
  return length === 0 ? end : at + Math.max(length, 8);
}

function declaredEnd(bytes: Buffer, at: number, end: number): number {
  const isLengthMissing = bytes.readUInt32BE(at) === 1 && !isLong(bytes, at, end);
  return isLengthMissing ? at + 16 : nextBox(bytes, at, end);
}
