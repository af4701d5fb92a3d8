import { nextBox } from './boxes.ts';

/**
 * The chunks of a PNG, the boxes of an AVIF: decoders and this program read all of them with the header. Other formats have no
 * such list before the pixels.
 * @param max counting ends here
 */
export function structureParts(bytes: Uint8Array, max: number): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = buffer.toString('latin1', 0, 8);
  if (head === '\x89PNG\r\n\x1a\n') {
    return countParts({ start: 8, end: buffer.length - 12 }, max, (at) => at + 12 + buffer.readUInt32BE(at));
  }
  if (head.endsWith('ftyp')) {
    const end = buffer.length;
    return countParts({ start: 0, end: end - 8 }, max, (at) => nextBox(buffer, at, end));
  }
  return 0;
}

function countParts(range: { start: number; end: number }, max: number, next: (at: number) => number): number {
  let parts = 0;
  for (let { start: at } = range; at <= range.end && parts < max; at = next(at)) parts += 1;
  return parts;
}
