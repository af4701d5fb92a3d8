import { jpegFrame } from '../jpeg-frame.ts';
import { jpegSegments } from '../jpeg-segments.ts';

/** Rows of a block. The decoder's reader asks for as many rows at a time. */
const blockRows = 8;
const maxHeight = 0xffff;

/**
 * A copy of a JPEG whose decoding fails if pixels of the last rows are missing.
 *
 * libjpeg decodes a whole row of blocks and warns; libvips sees the warning when it asks for the next 8 rows. So the copy
 * declares more rows: up to the end of its last blocks if they are higher than 8 rows, and otherwise one row of blocks
 * more, which nobody asks about after it. A file of several scans is decoded as a whole before its first row, and a scan
 * with fewer rows than declared would end early.
 */
export function jpegProbe(bytes: Buffer): Buffer {
  const probe = Buffer.from(bytes);
  if (jpegFrame(bytes)?.hasManyScans !== false) return probe;
  const frame = jpegSegments(bytes).find(({ marker }) => marker === 0xc0 || marker === 0xc1)?.at;
  if (frame === undefined) return probe;
  const components = bytes[frame + 9] ?? 0;
  // A single component's blocks are not grouped, whatever its sampling factors.
  if (components === 1) probe[frame + 11] = 0x11;
  const factors = Array.from({ length: components }, (_, index) => (probe[frame + 11 + 3 * index] ?? 0) & 15);
  const rows = blockRows * Math.max(1, ...factors);
  const height = Math.ceil(bytes.readUInt16BE(frame + 5) / rows) * rows + (rows === blockRows ? blockRows : 0);
  if (height <= maxHeight) probe.writeUInt16BE(height, frame + 5);
  return probe;
}
