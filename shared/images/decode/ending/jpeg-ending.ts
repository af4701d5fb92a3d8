import type { Ending } from './ending.ts';
import { jpegProbe } from './jpeg-probe.ts';
import { areScansComplete } from './jpeg-scans.ts';
import { hasZeroTail, isZero } from './zero-tail.ts';

const endMarker = Buffer.from([0xff, 0xd9]);
const startOfScan = 0xda;

/**
 * Between the start of the first scan and the end marker no other bytes look like the end marker: zeros are stuffed into
 * pixels (ITU-T T.81, B.1.1.5). So a search from the end is enough. Bytes after the end marker are allowed.
 */
export function jpegEnding(bytes: Buffer): Ending {
  const scan = firstScan(bytes);
  if (typeof scan !== 'number') return scan;
  if (bytes.lastIndexOf(endMarker) >= scan) return 'complete';
  const pixels = hasZeroTail(bytes) ? withoutPadding(bytes) : bytes;
  if (!areScansComplete(pixels, scan)) return 'truncated';
  const restored = Buffer.concat([pixels, endMarker]);
  return { restored, probe: jpegProbe(restored, scan) };
}

function withoutPadding(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (bytes[end - 1] === 0) end -= 1;
  // The zero after this byte is stuffed into the pixels.
  return bytes.subarray(0, bytes[end - 1] === 0xff ? end + 1 : end);
}

/** Offset of the first scan's segment. */
function firstScan(bytes: Buffer): number | 'truncated' | 'complete' {
  let at = 2;
  while (at + 4 <= bytes.length) {
    // Damaged rather than truncated: the decoder decides.
    if (bytes[at] !== 0xff) return isZero(bytes.subarray(at)) ? 'truncated' : 'complete';
    const marker = bytes[at + 1] ?? 0;
    if (marker === startOfScan) return at;
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return 'truncated';
}
