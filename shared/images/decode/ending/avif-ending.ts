import { findBox } from '../boxes.ts';
import type { Ending } from './ending.ts';
import { itemExtents } from './item-extents.ts';

/**
 * The items that the `meta` box lists must be in the file (ISO/IEC 14496-12, 8.11.3). There is no end marker; boxes that
 * no item is in are not needed.
 */
export function avifEnding(bytes: Buffer): Ending {
  const meta = findBox(bytes, { start: 0, end: bytes.length }, 'meta');
  if (meta === undefined || meta.declaredEnd > bytes.length) return 'truncated';
  const extents = itemExtents(bytes.subarray(meta.start, meta.end));
  return extents.some(({ end }) => end > bytes.length) ? 'truncated' : 'complete';
}
