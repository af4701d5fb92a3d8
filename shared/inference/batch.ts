/** Crops run together: one network input. */
export interface Batch {
  /** Number of crops, without the padding. */
  readonly size: number;
  /** [rows, height, width, 3]; `rows` is `size` rounded up by `paddedSize`. */
  readonly shape: readonly [number, number, number, 3];
  /** Bytes in the order of `shape`; the padding is zeros. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** The network's outputs for a batch. */
export interface Scores {
  /** batch × labels; each row sums to 1. */
  readonly probabilities: Float32Array;
  /** batch × embedding size. */
  readonly embeddings: Float32Array;
  /** batch × 4, see `BoxOffsets`; absent if the network has no output for boxes. */
  readonly boxes?: Float32Array;
}

/** The next power of two: the runtime keeps memory for every batch shape, so there are only a few shapes. */
export function paddedSize(size: number): number {
  return 2 ** Math.ceil(Math.log2(size));
}

/**
 * Copies crops of one size into a batch.
 * @param crops at least one; height × width × 3 bytes each
 */
export function stackCrops(crops: readonly Uint8Array[], height: number, width: number): Batch {
  const rows = paddedSize(crops.length);
  const stride = height * width * 3;
  const pixels = new Uint8Array(rows * stride);
  for (const [row, crop] of crops.entries()) pixels.set(crop, row * stride);
  return { size: crops.length, shape: [rows, height, width, 3], pixels };
}
