/**
 * Places where an image file is likely to have a length, a count or an offset: before and behind the name of a chunk or
 * a box, behind a marker of JPEG, in the directory of a TIFF, behind a mark of GIF. Some guesses are wrong; a mutation
 * there is like any other.
 */
export function lengthFields(bytes: Uint8Array): readonly number[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields = [0, ...tiffFields(buffer)];
  for (let at = 0; at < buffer.length; at += 1) {
    const [byte = 0, next = 0] = [buffer[at], buffer[at + 1]];
    if (isName(buffer, at)) fields.push(Math.max(0, at - 4), at + 4);
    if (byte === 0xff && next >= 0xc0 && next < 0xff) fields.push(at + 2);
    if (byte === 0x21 && next >= 0xf0) fields.push(at + 2);
    if (byte === 0x2c) fields.push(at + 5);
  }
  return fields;
}

/** Four letters, as `IDAT`, `VP8 ` or `meta`. */
function isName(bytes: Buffer, at: number): boolean {
  return /^[A-Za-z]{3}[A-Za-z0-9 ]$/.test(bytes.toString('latin1', at, at + 4));
}

function tiffFields(bytes: Buffer): number[] {
  const isLittle = bytes.toString('latin1', 0, 4) === 'II*\0';
  if (bytes.length < 8 || !(isLittle || bytes.toString('latin1', 0, 4) === 'MM\0*')) return [];
  const start = isLittle ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
  if (start + 2 > bytes.length) return [4];
  const count = isLittle ? bytes.readUInt16LE(start) : bytes.readUInt16BE(start);
  const entries = Array.from({ length: count }, (_, index) => start + 2 + index * 12);
  return [4, start, start + 2 + count * 12, ...entries.flatMap((entry) => [entry + 4, entry + 8])];
}
