import type { Ending } from './ending.ts';
import { isZero } from './zero-tail.ts';

const signatureBytes = 8;
/** Length, type and checksum of a chunk. */
const chunkBytes = 12;
const end = Buffer.from('0000000049454e44ae426082', 'hex');

/** Chunks by their lengths, up to `IEND` (PNG specification, 5.3). Bytes after it are allowed. */
export function pngEnding(bytes: Buffer): Ending {
  if (bytes.subarray(-end.length).equals(end)) return 'complete';
  let at = signatureBytes;
  while (at + chunkBytes <= bytes.length) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IEND') return 'complete';
    if (!/^[A-Za-z]{4}$/.test(type)) break;
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
