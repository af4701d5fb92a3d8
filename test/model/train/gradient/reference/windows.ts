import { type Array64, at, get, indicesOf, made, zeros } from './array.ts';

/** As the ONNX operator specification has them; every pair is rows, columns. */
export interface WindowOptions {
  readonly kernel: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pads?: readonly [number, number, number, number];
  readonly group?: number;
  readonly countIncludePad?: boolean;
}

interface Geometry {
  readonly rows: number;
  readonly columns: number;
  /** Place in the image of a place of a window; may lie outside. */
  place(window: readonly [number, number], tap: readonly [number, number]): [number, number];
}

function geometry({ shape }: Array64, options: WindowOptions): Geometry {
  const { kernel, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] } = options;
  const size = (axis: 0 | 1) => {
    const whole = (shape[axis + 2] ?? 0) + pads[axis] + (pads[axis + 2] ?? 0);
    return Math.floor((whole - dilations[axis] * (kernel[axis] - 1) - 1) / strides[axis]) + 1;
  };
  return {
    rows: size(0),
    columns: size(1),
    place: (window, tap) => [
      window[0] * strides[0] - pads[0] + tap[0] * dilations[0],
      window[1] * strides[1] - pads[1] + tap[1] * dilations[1],
    ],
  };
}

/** What a window reads inside of the image. */
function seen(image: Array64, where: Geometry, { kernel }: WindowOptions, indices: readonly number[], channel: number) {
  const [batch = 0, , row = 0, column = 0] = indices;
  const found: { value: number; tap: [number, number] }[] = [];
  for (let down = 0; down < kernel[0]; down += 1) {
    for (let across = 0; across < kernel[1]; across += 1) {
      const [y, x] = where.place([row, column], [down, across]);
      if (y < 0 || x < 0 || y >= (image.shape[2] ?? 0) || x >= (image.shape[3] ?? 0)) continue;
      found.push({ value: get(image, batch, channel, y, x), tap: [down, across] });
    }
  }
  return found;
}

export function convolution(
  image: Array64,
  weights: Array64,
  bias: Array64 | undefined,
  options: WindowOptions,
): Array64 {
  const where = geometry(image, options);
  const [filters = 0, channels = 0] = weights.shape;
  const perGroup = filters / (options.group ?? 1);
  return made([image.shape[0] ?? 0, filters, where.rows, where.columns], (indices) => {
    const filter = indices[1] ?? 0;
    let sum = bias === undefined ? 0 : get(bias, filter);
    for (let channel = 0; channel < channels; channel += 1) {
      const from = Math.floor(filter / perGroup) * channels + channel;
      for (const { value, tap } of seen(image, where, options, indices, from))
        sum += value * get(weights, filter, channel, ...tap);
    }
    return sum;
  });
}

export function maxPool(image: Array64, options: WindowOptions): Array64 {
  const where = geometry(image, options);
  const [batch = 0, channels = 0] = image.shape;
  return made([batch, channels, where.rows, where.columns], (indices) =>
    Math.max(...seen(image, where, options, indices, indices[1] ?? 0).map(({ value }) => value)),
  );
}

export function averagePool(image: Array64, options: WindowOptions): Array64 {
  const where = geometry(image, options);
  const [batch = 0, channels = 0] = image.shape;
  return made([batch, channels, where.rows, where.columns], (indices) => {
    const values = seen(image, where, options, indices, indices[1] ?? 0);
    const pixels = options.countIncludePad ? options.kernel[0] * options.kernel[1] : values.length;
    return values.reduce((sum, { value }) => sum + value, 0) / pixels;
  });
}

export function globalAverage(image: Array64): Array64 {
  const [batch = 0, channels = 0, height = 0, width = 0] = image.shape;
  const result = zeros([batch, channels, 1, 1]);
  for (const [place, value] of image.data.entries()) {
    const own = Math.floor(place / (height * width));
    result.data[own] = (result.data[own] ?? 0) + value / (height * width);
  }
  return result;
}

/** Where the gradients of the largest pixels go: each to the first of its window, row by row, that is as large. */
export function toFirstLargest(image: Array64, options: WindowOptions, gradient: Array64): Array64 {
  const where = geometry(image, options);
  const result = zeros(image.shape);
  for (const [place, value] of gradient.data.entries()) {
    const indices = indicesOf(place, gradient.shape);
    const [batch = 0, channel = 0, row = 0, column = 0] = indices;
    const pixels = seen(image, where, options, indices, channel);
    const largest = pixels.reduce((best, pixel) => (pixel.value > best.value ? pixel : best));
    const own = at(result, [batch, channel, ...where.place([row, column], largest.tap)]);
    result.data[own] = (result.data[own] ?? 0) + value;
  }
  return result;
}
