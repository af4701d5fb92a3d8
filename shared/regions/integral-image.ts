/** Sums over boxes of a picture with several values per pixel, each in constant time (Viola and Jones, 2001). */
export interface IntegralImage {
  readonly width: number;
  readonly height: number;
  /** Values per pixel. */
  readonly channels: number;
  /** Sums from the top left corner, `(height + 1) * (width + 1) * channels`. */
  readonly sums: Int32Array;
}

/** @param values one per pixel, row by row */
export function integrate(values: Uint8Array, width: number, height: number): IntegralImage {
  const stride = width + 1;
  const sums = new Int32Array(stride * (height + 1));
  for (let y = 0; y < height; y += 1) {
    let row = 0;
    for (let x = 0; x < width; x += 1) {
      row += values[y * width + x] ?? 0;
      sums[(y + 1) * stride + x + 1] = (sums[y * stride + x + 1] ?? 0) + row;
    }
  }
  return { width, height, channels: 1, sums };
}

/**
 * Counts how often each bin occurs.
 * @param bins one per pixel, row by row, each below `channels`
 */
export function integrateBins(bins: Uint8Array, width: number, height: number, channels: number): IntegralImage {
  const stride = (width + 1) * channels;
  const sums = new Int32Array(stride * (height + 1));
  const row = new Int32Array(channels);
  for (let y = 0; y < height; y += 1) {
    row.fill(0);
    for (let x = 0; x < width; x += 1) {
      const bin = bins[y * width + x] ?? 0;
      row[bin] = (row[bin] ?? 0) + 1;
      const at = (y + 1) * stride + (x + 1) * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        sums[at + channel] = (sums[at + channel - stride] ?? 0) + (row[channel] ?? 0);
      }
    }
  }
  return { width, height, channels, sums };
}

/** The sum of one channel over the pixels from `left`, `top` up to but without `right`, `bottom`. */
export function sumOver(
  { width, channels, sums }: IntegralImage,
  channel: number,
  left: number,
  top: number,
  right: number,
  bottom: number,
): number {
  const stride = (width + 1) * channels;
  const [above, below] = [top * stride + channel, bottom * stride + channel];
  const [before, after] = [left * channels, right * channels];
  return (
    (sums[below + after] ?? 0) - (sums[above + after] ?? 0) - (sums[below + before] ?? 0) + (sums[above + before] ?? 0)
  );
}
