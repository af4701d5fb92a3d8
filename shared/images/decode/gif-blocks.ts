const imageDescriptor = 0x2c;
const extension = 0x21;
/** Signature, screen size, flags, background and aspect ratio. */
const headerBytes = 13;

/** Offset of the first block that is not an extension (GIF89a, sections 17 to 26). */
export function afterExtensions(bytes: Buffer): number {
  let at = headerBytes + colorTableBytes(bytes[10] ?? 0);
  while (bytes[at] === extension) at = afterSubBlocks(bytes, at + 2);
  return at;
}

export function isImageDescriptor(bytes: Buffer, at: number): boolean {
  return bytes[at] === imageDescriptor;
}

/** Data blocks by their lengths, up to an empty one; beyond the end of a truncated file. */
export function afterSubBlocks(bytes: Buffer, start: number): number {
  let at = start;
  while ((bytes[at] ?? 0) > 0) at += 1 + (bytes[at] ?? 0);
  return at + 1;
}

/** @param flags of the screen or of an image descriptor */
export function colorTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * (2 << (flags & 7)) : 0;
}
