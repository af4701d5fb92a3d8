/** Codes of more bits are not used, and the table of codes takes no more entries (GIF89a, appendix F). */
const maxBits = 12;
const maxEntries = 1 << maxBits;

/**
 * The number of pixels that the LZW codes of a frame stand for, counted up to `wanted`. Of each code only its length is known,
 * so counting is much faster than decoding. A decoder fills missing pixels with one color.
 * @param at offset of the code size, which the blocks with the codes follow
 * @returns `wanted` for codes that are not valid: the decoder reports them
 */
export function gifPixels(bytes: Buffer, at: number, wanted: number): number {
  const minBits = bytes[at] ?? 0;
  if (minBits < 1 || minBits >= maxBits) return wanted;
  const [clear, end] = [1 << minBits, (1 << minBits) + 1];
  const lengths = new Uint32Array(maxEntries).fill(1, 0, clear);
  let [bits, entries, previous, pixels] = [minBits + 1, end + 1, 0, 0];
  let [word, held, next, inBlock] = [0, 0, at + 1, 0];
  while (pixels < wanted) {
    while (held < bits) {
      if (inBlock === 0) {
        inBlock = bytes[next] ?? 0;
        next += 1;
        if (inBlock === 0) return pixels;
      }
      word |= (bytes[next] ?? 0) << held;
      held += 8;
      next += 1;
      inBlock -= 1;
    }
    const code = word & ((1 << bits) - 1);
    word >>>= bits;
    held -= bits;
    if (code === end) return pixels;
    if (code === clear) {
      [bits, entries, previous] = [minBits + 1, end + 1, 0];
      continue;
    }
    // A code may be the very entry that it completes.
    if (previous > 0 && entries < maxEntries) {
      lengths[entries] = previous + 1;
      entries += 1;
      if (entries === 1 << bits && bits < maxBits) bits += 1;
    }
    if (code >= entries) return wanted;
    previous = lengths[code] ?? 0;
    pixels += previous;
  }
  return pixels;
}
