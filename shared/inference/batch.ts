/** Crops laid one after another in one buffer, as the network takes them. */
export interface Batch {
  /** Crops in it, without the padding. */
  readonly size: number;
  /** [rows, height, width, 3]; `rows` is `size` rounded up by `paddedSize`. */
  readonly shape: readonly [number, number, number, 3];
  /** Bytes in the order of `shape`; the padding is zeros. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/**
 * The next power of two, so that a runtime that keeps memory for every shape it has seen meets only a few.
 */
export function paddedSize(size: number): number {
  return 2 ** Math.ceil(Math.log2(size));
}

/**
 * Stacks crops of one size into a batch.
 * @param crops at least one; height × width × 3 bytes each
 */
export function stack(crops: readonly Uint8Array[], height: number, width: number): Batch {
  const rows = paddedSize(crops.length);
  const stride = height * width * 3;
  const pixels = new Uint8Array(rows * stride);
  for (const [row, crop] of crops.entries()) pixels.set(crop, row * stride);
  return { size: crops.length, shape: [rows, height, width, 3], pixels };
}
