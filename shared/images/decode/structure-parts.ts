import { nextBox } from './boxes.ts';
import { afterExtensions, colorTableBytes } from './gif-blocks.ts';

/**
 * The chunks of a PNG, the boxes of an AVIF, the blocks of a GIF's first frame: this program reads all of them before it decodes.
 * Other formats have no such list.
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
  if (head.startsWith('GIF8')) {
    const frame = afterExtensions(buffer);
    const start = frame + 11 + colorTableBytes(buffer[frame + 9] ?? 0);
    return countParts(
      { start, end: buffer.length - 1 },
      max,
      (at) => at + 1 + (buffer[at] || Number.POSITIVE_INFINITY),
    );
  }
  return 0;
}

function countParts(range: { start: number; end: number }, max: number, next: (at: number) => number): number {
  let parts = 0;
  for (let { start: at } = range; at <= range.end && parts < max; at = next(at)) parts += 1;
  return parts;
}
