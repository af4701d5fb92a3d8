/** A linear layer over embeddings, before its softmax. */
export interface LinearHead {
  /** [classes, embedding size], row-major. */
  readonly weights: Float32Array;
  /** [classes]. */
  readonly bias: Float32Array;
}

/** Embeddings of labeled images. */
export interface Examples {
  /** [images, size], row-major. */
  readonly embeddings: Float32Array;
  readonly size: number;
  /** Class of each image, from 0. */
  readonly labels: BigInt64Array;
  readonly classes: number;
}
