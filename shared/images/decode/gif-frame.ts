/** Size in pixels, see `gifFrame`. */
export interface GifFrame {
  readonly width: number;
  readonly height: number;
}

const imageDescriptor = 0x2c;
const extension = 0x21;

/**
 * The size of a GIF's first frame, which may be smaller than its screen (GIF89a, sections 18 to 20).
 * @returns undefined if the file has no frame or ends before it
 */
export function gifFrame(bytes: Buffer): GifFrame | undefined {
  let at = 13 + colorTableBytes(bytes[10] ?? 0);
  while (bytes[at] === extension) {
    at += 2;
    // Data blocks by their lengths, up to an empty one.
    while ((bytes[at] ?? 0) > 0) at += 1 + (bytes[at] ?? 0);
    at += 1;
  }
  if (bytes[at] !== imageDescriptor || at + 9 > bytes.length) return undefined;
  return { width: bytes.readUInt16LE(at + 5), height: bytes.readUInt16LE(at + 7) };
}

function colorTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * (2 << (flags & 7)) : 0;
}
