const colors = 3;

/** Pixels of a row that become the channels of one column: with 3 channels each, 12 bytes, a multiple of 4. */
const group = 4;

/** Attributes of a 2-D convolution: rows first; pads are top, left, bottom, right. */
export interface Geometry {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

export interface IntegerConvolution {
  /** [filters, channels, height, width] */
  readonly shape: readonly number[];
  readonly weights: Int8Array;
  /** One number per filter. */
  readonly scales: Float32Array;
  /** One number per filter. */
  readonly bias: Int32Array;
}

export interface GroupedColumns {
  readonly convolution: IntegerConvolution;
  readonly geometry: Geometry;
  /** The image as the convolution reads it: [0, height, columns, channels], 0 for the batch. */
  readonly inputShape: readonly number[];
  /** Its output as the map of the original convolution, in the same form. */
  readonly outputShape: readonly number[];
}

/**
 * Rewrites a convolution of a color image with channels last: 4 neighboring pixels of a row become one column of 12 channels, and
 * one step computes all outputs that start in it. Both are only other shapes of the same bytes, and the integers are the same.
 * The runtime reads inputs of a multiple of 4 channels in place, but copies the window of every output from an image of 3
 * channels; this costs more than the weights of 0 that are added. Legal if
 * 1. the stride over columns is 2 or 4 (with 1, most weights would be 0), and 4 divides the width,
 * 2. there are width ÷ stride columns of outputs, so that each group has equally many, and
 * 3. the dilations are 1, and each filter reads all channels.
 * @returns undefined if it is not legal
 */
export function groupColumns(
  convolution: IntegerConvolution,
  { strides, dilations, pads }: Geometry,
  { height, width }: { readonly height: number; readonly width: number },
): GroupedColumns | undefined {
  const [filters = 0, channels = 0, rows = 0, columns = 0] = convolution.shape;
  const [rowStride = 1, stride = 1] = strides;
  const [top = 0, left = 0, bottom = 0, right = 0] = pads;
  const outputWidth = Math.floor((width + left + right - columns) / stride) + 1;
  if (stride === 1 || group % stride !== 0 || width % group !== 0 || outputWidth !== width / stride) return undefined;
  if (channels !== colors || dilations.some((step) => step !== 1)) return undefined;
  const outputs = group / stride;
  const first = Math.floor(-left / group);
  const last = Math.floor(((outputs - 1) * stride - left + columns - 1) / group);
  const shape = [outputs * filters, group * channels, rows, last - first + 1];
  const weights = new Int8Array(shape.reduce((product, size) => product * size, 1));
  for (const [index, weight] of convolution.weights.entries()) {
    const column = index % columns;
    const row = Math.floor(index / columns) % rows;
    const channel = Math.floor(index / (columns * rows)) % channels;
    const filter = Math.floor(index / (columns * rows * channels));
    for (let output = 0; output < outputs; output += 1) {
      const pixel = output * stride - left + column - first * group;
      const position = [
        output * filters + filter,
        (pixel % group) * channels + channel,
        row,
        Math.floor(pixel / group),
      ];
      weights[position.reduce((offset, at, axis) => offset * (shape[axis] ?? 0) + at, 0)] = weight;
    }
  }
  const repeated = (values: Iterable<number>) => Array.from({ length: outputs }, () => [...values]).flat();
  const outputHeight = Math.floor((height + top + bottom - rows) / rowStride) + 1;
  return {
    convolution: {
      ...{ shape, weights },
      scales: Float32Array.from(repeated(convolution.scales)),
      bias: Int32Array.from(repeated(convolution.bias)),
    },
    geometry: { strides: [rowStride, 1], dilations, pads: [top, -first, bottom, last] },
    inputShape: [0, height, width / group, channels * group],
    outputShape: [0, outputHeight, outputWidth, filters],
  };
}
