import { type Array64, at, get, indicesOf, made, zeros } from './array.ts';

/** As in the ONNX operator specification; every pair is rows, columns. */
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
  /** Pixel of the image at a tap of a window; may be outside of the image. */
  pixelAt(window: readonly [number, number], tap: readonly [number, number]): [number, number];
}

function geometry({ shape }: Array64, options: WindowOptions): Geometry {
  const { kernel, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] } = options;
  const size = (axis: 0 | 1) => {
    const padded = (shape[axis + 2] ?? 0) + pads[axis] + (pads[axis + 2] ?? 0);
    return Math.floor((padded - dilations[axis] * (kernel[axis] - 1) - 1) / strides[axis]) + 1;
  };
  return {
    rows: size(0),
    columns: size(1),
    pixelAt: (window, tap) => [
      window[0] * strides[0] - pads[0] + tap[0] * dilations[0],
      window[1] * strides[1] - pads[1] + tap[1] * dilations[1],
    ],
  };
}

type Visit = (value: number, down: number, across: number) => void;

/** Visits the pixels of a window inside of the image. Finite differences call this millions of times. */
function visitPixels(
  { shape: [, channels = 0, height = 0, width = 0], data }: Array64,
  windows: Geometry,
  { kernel }: WindowOptions,
  [batch = 0, , row = 0, column = 0]: readonly number[],
  channel: number,
  visit: Visit,
): void {
  const plane = (batch * channels + channel) * height * width;
  for (let down = 0; down < kernel[0]; down += 1) {
    for (let across = 0; across < kernel[1]; across += 1) {
      const [y, x] = windows.pixelAt([row, column], [down, across]);
      if (y >= 0 && x >= 0 && y < height && x < width) visit(data[plane + y * width + x] ?? 0, down, across);
    }
  }
}

/** The pixels of a window inside of the image. */
function pixelsOf(
  image: Array64,
  windows: Geometry,
  options: WindowOptions,
  indices: readonly number[],
  channel: number,
) {
  const pixels: { value: number; tap: [number, number] }[] = [];
  visitPixels(image, windows, options, indices, channel, (value, down, across) =>
    pixels.push({ value, tap: [down, across] }),
  );
  return pixels;
}

export function convolution(
  image: Array64,
  weights: Array64,
  bias: Array64 | undefined,
  options: WindowOptions,
): Array64 {
  const windows = geometry(image, options);
  const [filters = 0, channels = 0, height = 0, width = 0] = weights.shape;
  const perGroup = filters / (options.group ?? 1);
  return made([image.shape[0] ?? 0, filters, windows.rows, windows.columns], (indices) => {
    const filter = indices[1] ?? 0;
    let sum = bias === undefined ? 0 : get(bias, filter);
    for (let channel = 0; channel < channels; channel += 1) {
      const from = Math.floor(filter / perGroup) * channels + channel;
      const taps = (filter * channels + channel) * height;
      visitPixels(image, windows, options, indices, from, (value, down, across) => {
        sum += value * (weights.data[(taps + down) * width + across] ?? 0);
      });
    }
    return sum;
  });
}

export function maxPool(image: Array64, options: WindowOptions): Array64 {
  const windows = geometry(image, options);
  const [batch = 0, channels = 0] = image.shape;
  return made([batch, channels, windows.rows, windows.columns], (indices) =>
    Math.max(...pixelsOf(image, windows, options, indices, indices[1] ?? 0).map(({ value }) => value)),
  );
}

export function averagePool(image: Array64, options: WindowOptions): Array64 {
  const windows = geometry(image, options);
  const [batch = 0, channels = 0] = image.shape;
  return made([batch, channels, windows.rows, windows.columns], (indices) => {
    const values = pixelsOf(image, windows, options, indices, indices[1] ?? 0);
    const pixels = options.countIncludePad ? options.kernel[0] * options.kernel[1] : values.length;
    return values.reduce((sum, { value }) => sum + value, 0) / pixels;
  });
}

export function globalAverage(image: Array64): Array64 {
  const [batch = 0, channels = 0, height = 0, width = 0] = image.shape;
  const result = zeros([batch, channels, 1, 1]);
  for (const [offset, value] of image.data.entries()) {
    const channel = Math.floor(offset / (height * width));
    result.data[channel] = (result.data[channel] ?? 0) + value / (height * width);
  }
  return result;
}

/** The gradient of a max pool: the first maximum of each window, row by row, gets its gradient. */
export function toFirstLargest(image: Array64, options: WindowOptions, gradient: Array64): Array64 {
  const windows = geometry(image, options);
  const result = zeros(image.shape);
  for (const [offset, value] of gradient.data.entries()) {
    const indices = indicesOf(offset, gradient.shape);
    const [batch = 0, channel = 0, row = 0, column = 0] = indices;
    const pixels = pixelsOf(image, windows, options, indices, channel);
    const largest = pixels.reduce((best, pixel) => (pixel.value > best.value ? pixel : best));
    const target = at(result, [batch, channel, ...windows.pixelAt([row, column], largest.tap)]);
    result.data[target] = (result.data[target] ?? 0) + value;
  }
  return result;
}
