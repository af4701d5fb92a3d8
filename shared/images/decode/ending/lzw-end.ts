/** Codes that are no pixels (TIFF 6.0, section 13), and the number of bits of the shortest and longest codes. */
const [clearCode, endCode, minBits, maxBits] = [256, 257, 9, 12];

/**
 * Whether LZW data of a TIFF reaches its end code. Codes only: each adds an entry to the table, and its length follows from
 * the number of entries. Zeros in place of the last part are codes of black pixels, so a decoder does not miss it.
 */
export function hasLzwEnd(data: Buffer): boolean {
  let [bits, entries, at] = [minBits, 0, 0];
  while (at + bits <= data.length * 8) {
    const code = codeAt(data, at, bits);
    at += bits;
    if (code === endCode) return true;
    if (code === clearCode) bits = minBits;
    entries = code === clearCode ? 0 : entries + 1;
    // The first code adds no entry, and the length grows one code early.
    if (bits < maxBits && entries + endCode + 1 >= 1 << bits) bits += 1;
  }
  return false;
}

/** @param at offset in bits, the highest bit of a byte first */
function codeAt(data: Buffer, at: number, bits: number): number {
  const byte = at >> 3;
  const word = ((data[byte] ?? 0) << 16) | ((data[byte + 1] ?? 0) << 8) | (data[byte + 2] ?? 0);
  return (word >> (24 - (at & 7) - bits)) & ((1 << bits) - 1);
}
