import type { Picture } from './color-spaces.ts';
import type { Size } from './working-size.ts';

/** A rectangle of an image in pixels, which may have fractions and reach beyond the image. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The source pixels of each pixel along one side of the result. */
interface Taps {
  /** Pixels of the result whose center is inside the image: from `start`, before `end`. */
  readonly start: number;
  readonly end: number;
  /** First source pixel of each pixel of the result. */
  readonly first: Int32Array;
  /** Source pixels of each pixel of the result. */
  readonly count: Int32Array;
  /** `most` for each pixel of the result; those of one pixel sum to 1. */
  readonly weights: Float32Array;
  readonly most: number;
}

/**
 * Warps a window of an image to a size, by bilinear interpolation; where it shrinks, by a triangle filter as wide as two pixels
 * of the result. Where a window reaches beyond the image, the result is `fill`.
 * @returns height × width × 3 bytes
 */
export function resampleWindow(
  image: Picture,
  window: Window,
  size: Size,
  fill: readonly [red: number, green: number, blue: number],
): Uint8Array<ArrayBuffer> {
  const across = tapsOf(window.left, window.width, size.width, image.width);
  const down = tapsOf(window.top, window.height, size.height, image.height);
  const result = new Uint8Array(size.width * size.height * 3);
  const isCovered = across.end - across.start === size.width && down.end - down.start === size.height;
  if (!isCovered) fillWith(result, fill);
  if (across.end > across.start && down.end > down.start) {
    const rows = squeezeRows(image, across, down);
    stackRows(rows, down, { across, width: size.width, result });
  }
  return result;
}

function tapsOf(start: number, length: number, pixels: number, limit: number): Taps {
  const step = length / pixels;
  const reach = Math.max(1, step);
  const most = 2 * Math.ceil(reach) + 1;
  const first = new Int32Array(pixels);
  const count = new Int32Array(pixels);
  const weights = new Float32Array(pixels * most);
  let [from, to] = [pixels, 0];
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const center = start + (pixel + 0.5) * step;
    if (!(center >= 0 && center < limit)) continue;
    from = Math.min(from, pixel);
    to = pixel + 1;
    // Source pixel s has its center at s + 0.5.
    const low = Math.max(0, Math.ceil(center - reach - 0.5));
    const high = Math.min(limit - 1, Math.floor(center + reach - 0.5));
    first[pixel] = low;
    count[pixel] = high - low + 1;
    let sum = 0;
    for (let source = low; source <= high; source += 1) sum += reach - Math.abs(source + 0.5 - center);
    if (sum <= 0) {
      // The center is on the edge of the image, half a pixel from its outermost pixel.
      weights[pixel * most] = 1;
      count[pixel] = 1;
      continue;
    }
    for (let source = low; source <= high; source += 1) {
      weights[pixel * most + source - low] = (reach - Math.abs(source + 0.5 - center)) / sum;
    }
  }
  return { start: Math.min(from, to), end: to, first, count, weights, most };
}

/** The rows that the result needs, squeezed or stretched to its width. */
function squeezeRows(image: Picture, across: Taps, down: Taps) {
  const top = down.first[down.start] ?? 0;
  const bottom = (down.first[down.end - 1] ?? 0) + (down.count[down.end - 1] ?? 0);
  const stride = (across.end - across.start) * 3;
  const values = new Float32Array((bottom - top) * stride);
  for (let row = top; row < bottom; row += 1) {
    const line = image.pixels.subarray(row * image.width * 3, (row + 1) * image.width * 3);
    squeezeRow(line, across, values.subarray((row - top) * stride, (row - top + 1) * stride));
  }
  return { values, top, stride };
}

function squeezeRow(line: Uint8Array, { start, end, first, count, weights, most }: Taps, result: Float32Array): void {
  let at = 0;
  for (let column = start; column < end; column += 1) {
    let source = (first[column] ?? 0) * 3;
    let tap = column * most;
    const last = tap + (count[column] ?? 0) - 1;
    const weight = weights[tap] ?? 0;
    let red = weight * (line[source] ?? 0);
    let green = weight * (line[source + 1] ?? 0);
    let blue = weight * (line[source + 2] ?? 0);
    for (tap += 1; tap <= last; tap += 1) {
      source += 3;
      const next = weights[tap] ?? 0;
      red += next * (line[source] ?? 0);
      green += next * (line[source + 1] ?? 0);
      blue += next * (line[source + 2] ?? 0);
    }
    result[at] = red;
    result[at + 1] = green;
    result[at + 2] = blue;
    at += 3;
  }
}

function stackRows(
  { values, top, stride }: ReturnType<typeof squeezeRows>,
  { start, end, first, count, weights, most }: Taps,
  { across, width, result }: { across: Taps; width: number; result: Uint8Array },
): void {
  const sums = new Float32Array(stride);
  for (let row = start; row < end; row += 1) {
    const source = ((first[row] ?? 0) - top) * stride;
    const taps = count[row] ?? 0;
    const ofRow = weights.subarray(row * most, row * most + taps);
    const target = result.subarray((row * width + across.start) * 3, (row * width + across.start) * 3 + stride);
    const [one = 0, two = 0] = ofRow;
    const upper = values.subarray(source, source + stride);
    if (taps === 1) {
      for (let value = 0; value < stride; value += 1) target[value] = one * (upper[value] ?? 0) + 0.5;
      continue;
    }
    const lower = values.subarray(source + stride, source + 2 * stride);
    if (taps === 2) {
      for (let value = 0; value < stride; value += 1) {
        target[value] = one * (upper[value] ?? 0) + two * (lower[value] ?? 0) + 0.5;
      }
      continue;
    }
    for (let value = 0; value < stride; value += 1) sums[value] = one * (upper[value] ?? 0) + two * (lower[value] ?? 0);
    for (let tap = 2; tap < taps; tap += 1) {
      const weight = ofRow[tap] ?? 0;
      const line = values.subarray(source + tap * stride, source + (tap + 1) * stride);
      for (let value = 0; value < stride; value += 1) sums[value] = (sums[value] ?? 0) + weight * (line[value] ?? 0);
    }
    for (let value = 0; value < stride; value += 1) target[value] = (sums[value] ?? 0) + 0.5;
  }
}

function fillWith(result: Uint8Array, fill: readonly number[]): void {
  result.set(fill.map((value) => Math.round(value)));
  for (let filled = fill.length; filled < result.length; filled *= 2) result.copyWithin(filled, 0, filled);
}
