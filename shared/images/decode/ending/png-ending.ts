import type { Ending } from './ending.ts';
import { isZero } from './zero-tail.ts';

const signatureBytes = 8;
/** Length, type and checksum of a chunk. */
const chunkBytes = 12;
const end = Buffer.from('0000000049454e44ae426082', 'hex');

const endType = end.readUInt32BE(4);

/** Four letters. Without a string: a file may consist of empty chunks. */
function isChunkType(bytes: Buffer, start: number): boolean {
  for (let at = start; at < start + 4; at += 1) {
    const letter = (bytes[at] ?? 0) | 0x20; // in lower case
    if (letter < 0x61 || letter > 0x7a) return false;
  }
  return true;
}

/** Chunks by their lengths, up to `IEND` (PNG specification, 5.3). Bytes after it are allowed. */
export function pngEnding(bytes: Buffer): Ending {
  if (bytes.subarray(-end.length).equals(end)) return 'complete';
  let at = signatureBytes;
  while (at + chunkBytes <= bytes.length) {
    if (bytes.readUInt32BE(at + 4) === endType) return 'complete';
    if (!isChunkType(bytes, at + 4)) break;
    const next = at + chunkBytes + bytes.readUInt32BE(at);
    if (next > bytes.length) return 'truncated';
    at = next;
  }
  const rest = bytes.subarray(at);
  const isOnlyEndMissing = isZero(rest) || end.subarray(0, rest.length).equals(rest);
  if (isOnlyEndMissing) {
    const restored = Buffer.concat([bytes.subarray(0, at), end]);
    return { restored, probe: restored };
  }
  // Damaged rather than truncated: the decoder decides.
  return rest.length < chunkBytes ? 'truncated' : 'complete';
}
