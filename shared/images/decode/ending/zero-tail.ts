/** LZW and deflated data does not end in this many zeros. WebP and AVIF may: a large area of one color is coded so. */
const minZeros = 64;

/**
 * Whether compressed data ends in zeros: an interrupted download into a file that had its full length from the start.
 * A few bytes of a complete file are read.
 */
export function hasZeroTail(data: Buffer): boolean {
  return data.length >= minZeros && isZero(data.subarray(-minZeros));
}

/** Whether the last bytes are zeros, as rarely in complete compressed data: worth a closer look, but no proof. */
export function endsInZeros(data: Buffer): boolean {
  return data.length >= 2 && data.at(-1) === 0 && data.at(-2) === 0;
}

/** Whether all bytes are zeros; true for no bytes. */
export function isZero(data: Buffer): boolean {
  // The first is zero, and each is the one before it: compares memory instead of looping over 256 MiB.
  return data.length === 0 || (data[0] === 0 && data.subarray(1).equals(data.subarray(0, -1)));
}
