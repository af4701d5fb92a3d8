import type { ByteRange } from '../stores/ports.ts';

/** A range that is read in one request, and the slices in it. */
export interface JoinedSlices<T> extends ByteRange {
  readonly slices: readonly T[];
}

/** Unused bytes between two slices that are read rather than sending a second request: they take about as long. */
const maxGap = 2 ** 20;
/** Bytes of one request, which limits the memory that a single crop keeps alive. */
const maxRead = 16 * 2 ** 20;

/** Joins slices of one object that are adjacent, or nearly so, into ranges for one request each. */
export function joinSlices<T extends ByteRange>(slices: readonly T[]): JoinedSlices<T>[] {
  const joined: { offset: number; length: number; slices: T[] }[] = [];
  for (const slice of slices.toSorted((a, b) => a.offset - b.offset)) {
    const last = joined.at(-1);
    const end = slice.offset + slice.length;
    if (last !== undefined && slice.offset - (last.offset + last.length) <= maxGap && end - last.offset <= maxRead) {
      last.length = Math.max(last.length, end - last.offset);
      last.slices.push(slice);
    } else joined.push({ offset: slice.offset, length: slice.length, slices: [slice] });
  }
  return joined;
}
