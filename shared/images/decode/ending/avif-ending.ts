import { findBox } from '../boxes.ts';
import type { Ending } from './ending.ts';
import { lastItemEnd } from './last-item-end.ts';

/**
 * The items that the `meta` box lists must be in the file (ISO/IEC 14496-12, 8.11.3). There is no end marker; boxes that
 * no item is in are not needed.
 */
export function avifEnding(bytes: Buffer): Ending {
  const meta = findBox(bytes, { start: 0, end: bytes.length }, 'meta');
  if (meta === undefined || meta.declaredEnd > bytes.length) return 'truncated';
  return lastItemEnd(bytes.subarray(meta.start, meta.end)) > bytes.length ? 'truncated' : 'complete';
}
