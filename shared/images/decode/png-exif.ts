/** Length of the signature; length, type and checksum of a chunk. */
const signatureBytes = 8;
const chunkBytes = 12;
const [data, end, exif] = [0x49444154, 0x49454e44, 0x65584966];

/**
 * A PNG with its EXIF before the pixels. The specification allows it behind them too (PNG, third edition, 11.3.4.5), but the
 * decoder does not read on after the pixels.
 * @returns undefined if it has none behind the pixels
 */
export function withExifFirst(bytes: Buffer): Buffer | undefined {
  let pixels: number | undefined;
  let at = signatureBytes;
  while (at + chunkBytes <= bytes.length) {
    const type = bytes.readUInt32BE(at + 4);
    const next = at + chunkBytes + bytes.readUInt32BE(at);
    if (type === end || next > bytes.length) return undefined;
    if (type === data) pixels ??= at;
    if (type === exif && pixels === undefined) return undefined;
    if (type === exif) {
      const [before, between] = [bytes.subarray(0, pixels), bytes.subarray(pixels, at)];
      return Buffer.concat([before, bytes.subarray(at, next), between, bytes.subarray(next)]);
    }
    at = next;
  }
  return undefined;
}
