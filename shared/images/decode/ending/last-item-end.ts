import { findBox } from '../boxes.ts';

/** Version and flags of a box. */
const fullBoxBytes = 4;

/** The decoder takes 1,000 items; longer lists are damaged. A list of a few bytes may declare 2^48 extents. */
const maxParts = 2 ** 16;

/**
 * Where the items of a `meta` box are in the file (`iloc`, ISO/IEC 14496-12, 8.11.3). Items within the box itself are
 * left out. No list of them is kept.
 *
 * @param meta the box without its header
 * @returns offset in the file; 0 if the list is missing or damaged
 */
export function lastItemEnd(meta: Buffer): number {
  const list = meta.subarray(fullBoxBytes);
  const box = findBox(list, { start: 0, end: list.length }, 'iloc');
  if (box === undefined || box.declaredEnd > list.length) return 0;
  try {
    return readLocations(list.subarray(box.start, box.end));
  } catch (error) {
    if (error instanceof RangeError) return 0;
    throw error;
  }
}

function readLocations(box: Buffer): number {
  const version = box[0] ?? 0;
  let at = fullBoxBytes;
  /** @throws {RangeError} beyond the end */
  const read = (width: number): number => {
    at += width;
    if (width === 0) return 0;
    return width === 8 ? Number(box.readBigUInt64BE(at - width)) : box.readUIntBE(at - width, width);
  };
  const sizes = read(2);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexSize = version === 0 ? 0 : sizes & 15;
  const items = read(version < 2 ? 2 : 4);
  let [last, parts] = [0, 0];
  for (let item = 0; item < items; item += 1) {
    read(version < 2 ? 2 : 4);
    const isInFile = version === 0 || (read(2) & 15) === 0;
    read(2);
    const base = read(baseSize);
    const count = read(2);
    parts += 1 + count;
    if (parts > maxParts) return 0;
    for (let extent = 0; extent < count; extent += 1) {
      read(indexSize);
      const start = base + read(offsetSize);
      const end = start + read(lengthSize);
      if (isInFile) last = Math.max(last, end);
    }
  }
  return last;
}
