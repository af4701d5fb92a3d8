/** Position on the screen and size in pixels, see `gifFrame`. */
export interface GifFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const imageDescriptor = 0x2c;
const extension = 0x21;

/**
 * A GIF's first frame, which may be smaller than its screen (GIF89a, sections 18 to 20).
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
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => bytes.readUInt16LE(at + offset));
  return { left: left ?? 0, top: top ?? 0, width: width ?? 0, height: height ?? 0 };
}

function colorTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * (2 << (flags & 7)) : 0;
}
