export interface BuilderOptions {
  /** Multiplies the filters of every layer except the last. */
  readonly width: number;
  /** Follow convolutions with batch normalization instead of adding a bias. */
  readonly batchNorm: boolean;
  /** Keep Dropout nodes, which have an effect in training only. */
  readonly dropout: boolean;
  /** Seed of the random weights. */
  readonly seed: number;
}

export interface NetworkOptions extends BuilderOptions {
  readonly classes: number;
  /** Height and width of the image, pixels. */
  readonly size: number;
  /** Inception modules with dimension reduction (the default) or without. GoogLeNet and `compact-inception` only. */
  readonly modules?: 'reduced' | 'naive';
  /** Auxiliary classifiers for training; none by default. Networks with `hasAuxiliary` only. */
  readonly auxiliary?: boolean;
}
