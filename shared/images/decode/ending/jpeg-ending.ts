import { jpegSegments, startOfScan } from '../jpeg-segments.ts';
import type { Ending } from './ending.ts';
import { jpegProbe } from './jpeg-probe.ts';
import { areScansComplete } from './jpeg-scans.ts';
import { endsInZeros, isZero } from './zero-tail.ts';

const endMarker = Buffer.from([0xff, 0xd9]);

/**
 * Between the start of the first scan and the end marker no other bytes look like the end marker: zeros are stuffed into
 * pixels (ITU-T T.81, B.1.1.5). So a search from the end is enough. Bytes after the end marker are allowed.
 */
export function jpegEnding(bytes: Buffer): Ending {
  const scan = firstScan(bytes);
  if (typeof scan !== 'number') return scan;
  if (bytes.lastIndexOf(endMarker) >= scan) return 'complete';
  const pixels = endsInZeros(bytes) ? withoutPadding(bytes) : bytes;
  if (!areScansComplete(pixels, scan)) return 'truncated';
  const restored = Buffer.concat([pixels, endMarker]);
  return { restored, probe: jpegProbe(restored) };
}

function withoutPadding(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (bytes[end - 1] === 0) end -= 1;
  // The zero after this byte is stuffed into the pixels.
  return bytes.subarray(0, bytes[end - 1] === 0xff ? end + 1 : end);
}

/** Offset of the first scan's segment. */
function firstScan(bytes: Buffer): number | 'truncated' | 'complete' {
  let end = 2;
  for (const segment of jpegSegments(bytes)) {
    if (segment.marker === startOfScan) return segment.at;
    end = segment.end;
  }
  // Damaged rather than truncated: the decoder decides.
  const isDamaged = end + 4 <= bytes.length && bytes[end] !== 0xff && !isZero(bytes.subarray(end));
  return isDamaged ? 'complete' : 'truncated';
}
