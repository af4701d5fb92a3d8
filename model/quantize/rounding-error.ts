interface Convolution {
  /** [filters, channels, height, width] */
  readonly shape: readonly number[];
  readonly weights: Float32Array;
}

/** The same weights in bytes, with a scale per filter. */
export interface RoundedWeights {
  readonly weights: Int8Array;
  readonly scales: Float32Array;
}

/** The input of a convolution. */
export interface InputMeans {
  /** The mean of each channel over images and positions. */
  readonly means: readonly number[];
  /** Groups of the convolution. */
  readonly groups: number;
}

/**
 * What rounding the weights takes from each filter's output on average: Σ (w − rounded w) × mean of its channel. Without it, an
 * input that is far from 0 shifts every output of a filter in one direction, and the shifts of successive layers add up.
 *
 * Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, 2019, section 4.2, with means that are
 * measured. The border is neglected, where the padding is 0.
 * @returns one number per filter, to add to its bias
 */
export function meanRoundingErrors(
  { shape, weights }: Convolution,
  rounded: RoundedWeights,
  { means, groups }: InputMeans,
): Float64Array {
  const [filters = 0, depth = 0, ...kernel] = shape;
  const area = kernel.reduce((product, size) => product * size, 1);
  const errors = new Float64Array(filters);
  for (const [index, weight] of weights.entries()) {
    const filter = Math.floor(index / (area * depth));
    const firstChannel = Math.floor((filter * groups) / filters) * depth;
    const mean = means[firstChannel + (Math.floor(index / area) % depth)] ?? 0;
    const error = weight - (rounded.weights[index] ?? 0) * (rounded.scales[filter] ?? 0);
    errors[filter] = (errors[filter] ?? 0) + error * mean;
  }
  return errors;
}
