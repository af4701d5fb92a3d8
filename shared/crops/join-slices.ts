import type { ByteRange } from '../stores/ports.ts';

/** A range that is read at once, and what of it is wanted. */
export interface JoinedSlices<T> extends ByteRange {
  readonly slices: readonly T[];
}

/**
 * Bytes between two slices that are read for nothing rather than asking twice: what comes in about the time in which a
 * request is answered.
 */
const worthSkipping = 2 ** 20;
/** Bytes that are read at once, so that what is kept in memory for one crop has a bound. */
const longestRead = 16 * 2 ** 20;

/** Slices of one object in few ranges: those that lie together, or nearly so, in one. */
export function joinSlices<T extends ByteRange>(slices: readonly T[]): JoinedSlices<T>[] {
  const joined: { offset: number; length: number; slices: T[] }[] = [];
  for (const slice of slices.toSorted((a, b) => a.offset - b.offset)) {
    const last = joined.at(-1);
    const end = slice.offset + slice.length;
    if (
      last !== undefined &&
      slice.offset - (last.offset + last.length) <= worthSkipping &&
      end - last.offset <= longestRead
    ) {
      last.length = Math.max(last.length, end - last.offset);
      last.slices.push(slice);
    } else joined.push({ offset: slice.offset, length: slice.length, slices: [slice] });
  }
  return joined;
}
