/** A linear layer over embeddings: of labels before their softmax, or of box offsets. */
export interface LinearHead {
  /** [outputs, embedding size], row-major. */
  readonly weights: Float32Array;
  /** [outputs]. */
  readonly bias: Float32Array;
}

/** Labeled embeddings. */
export interface Examples {
  /** [rows, size], row-major. */
  readonly embeddings: Float32Array;
  readonly size: number;
  /** Class of each row, from 0. */
  readonly labels: BigInt64Array;
  readonly classes: number;
}
