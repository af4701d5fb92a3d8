import type { Ending } from './ending.ts';

/** `RIFF`, its length and `WEBP`. */
const headerBytes = 12;

/** The length of the file is in its header (RFC 9649, section 2.4). There is no end marker. */
export function webpEnding(bytes: Buffer): Ending {
  return bytes.length < headerBytes || 8 + bytes.readUInt32LE(4) > bytes.length ? 'truncated' : 'complete';
}
