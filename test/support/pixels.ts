/** Mean absolute difference of two crops, in steps of 256. */
export function difference(one: Uint8Array, other: Uint8Array): number {
  if (one.length !== other.length) throw new Error(`expected ${one.length} bytes, got ${other.length}`);
  return one.reduce((sum, value, index) => sum + Math.abs(value - (other[index] ?? 0)), 0) / one.length;
}
