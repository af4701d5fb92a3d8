const signature = 0x89504e47;
/** Chunk types as numbers. */
const [zTXt, iTXt] = [0x7a545874, 0x69545874];

/**
 * Bytes of compressed text in a PNG, 0 for other files. Decoders inflate all of it, up to a thousand times as many bytes, when
 * they read the header (PNG specification, 11.3.3).
 */
export function compressedTextBytes(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 8 || buffer.readUInt32BE(0) !== signature) return 0;
  let sum = 0;
  for (let at = 8; at + 12 <= buffer.length; ) {
    const length = buffer.readUInt32BE(at);
    const type = buffer.readUInt32BE(at + 4);
    if (type === zTXt || (type === iTXt && isCompressed(buffer.subarray(at + 8, at + 8 + length)))) sum += length;
    at += 12 + length;
  }
  return sum;
}

/** A keyword, a zero, then the flag. */
function isCompressed(text: Buffer): boolean {
  return text[text.indexOf(0) + 1] === 1;
}
