import { type Array64, at, get, indicesOf, made, map, zeros, zip } from './array.ts';

export interface ResponseNorm {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
}

export function responseNorm(image: Array64, { size, alpha, beta, bias }: ResponseNorm): Array64 {
  const channels = image.shape[1] ?? 0;
  return made(image.shape, (indices) => {
    const [batch = 0, channel = 0, row = 0, column = 0] = indices;
    const first = Math.max(0, channel - Math.floor((size - 1) / 2));
    const last = Math.min(channels - 1, channel + Math.ceil((size - 1) / 2));
    let squares = 0;
    for (let other = first; other <= last; other += 1) squares += get(image, batch, other, row, column) ** 2;
    return get(image, ...indices) / (bias + (alpha / size) * squares) ** beta;
  });
}

/** @param fixed mean and variance; those of the batch by default */
export function batchNorm(
  image: Array64,
  scale: Array64,
  shift: Array64,
  epsilon: number,
  fixed?: readonly [mean: Array64, variance: Array64],
): Array64 {
  const channels = image.shape[1] ?? 0;
  const plane = (image.shape[2] ?? 1) * (image.shape[3] ?? 1);
  const [means, variances] = fixed ?? [made([channels], () => 0), made([channels], () => 0)];
  const channelOf = (offset: number) => Math.floor(offset / plane) % channels;
  if (fixed === undefined) {
    const perChannel = image.data.length / channels;
    const add = ({ data }: Array64, channel: number, value: number) => {
      data[channel] = (data[channel] ?? 0) + value / perChannel;
    };
    for (const [offset, value] of image.data.entries()) add(means, channelOf(offset), value);
    for (const [offset, value] of image.data.entries()) {
      add(variances, channelOf(offset), (value - get(means, channelOf(offset))) ** 2);
    }
  }
  return made(image.shape, (indices) => {
    const channel = indices[1] ?? 0;
    const normal = (get(image, ...indices) - get(means, channel)) / Math.sqrt(get(variances, channel) + epsilon);
    return normal * get(scale, channel) + get(shift, channel);
  });
}

/** Over the last two axes; the other axes are broadcast. */
export function matMul(a: Array64, b: Array64): Array64 {
  const inner = a.shape.at(-1) ?? 0;
  const left = { ...a, shape: [...a.shape.slice(0, -1), 1, inner] };
  const rank = b.shape.length;
  const transposed = transpose(b, [...b.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2));
  const right = { ...transposed, shape: [...transposed.shape.slice(0, -2), 1, ...transposed.shape.slice(-2)] };
  const products = zip(left, right, (x, y) => x * y);
  return sumOver(products, [products.shape.length - 1]);
}

export function transpose(array: Array64, axes: readonly number[]): Array64 {
  const shape = axes.map((axis) => array.shape[axis] ?? 0);
  return made(shape, (indices) => get(array, ...array.shape.map((_, axis) => indices[axes.indexOf(axis)] ?? 0)));
}

/** Sums over axes, which are removed. */
export function sumOver(array: Array64, axes: readonly number[]): Array64 {
  const kept = array.shape.filter((_, axis) => !axes.includes(axis));
  const result = zeros(kept);
  for (const [offset, value] of array.data.entries()) {
    const indices = indicesOf(offset, array.shape).filter((_, axis) => !axes.includes(axis));
    const target = at(result, indices);
    result.data[target] = (result.data[target] ?? 0) + value;
  }
  return result;
}

/** Along the second axis. */
export function concat(arrays: readonly Array64[]): Array64 {
  const [first] = arrays;
  const channels = arrays.reduce((sum, { shape }) => sum + (shape[1] ?? 0), 0);
  return made(
    [first?.shape[0] ?? 0, channels, ...(first?.shape.slice(2) ?? [])],
    ([batch = 0, channel = 0, ...rest]) => {
      let remaining = channel;
      for (const array of arrays) {
        const size = array.shape[1] ?? 0;
        if (remaining < size) return get(array, batch, remaining, ...rest);
        remaining -= size;
      }
      return Number.NaN;
    },
  );
}

/** Along the last axis. */
export function softmax(scores: Array64): Array64 {
  const exponentials = map(scores, Math.exp);
  const sums = sumOver(exponentials, [scores.shape.length - 1]);
  return zip(exponentials, { ...sums, shape: [...sums.shape, 1] }, (a, b) => a / b);
}

/** Mean over images. */
export function crossEntropy(scores: Array64, labels: readonly number[]): Array64 {
  const probabilities = softmax(scores);
  const sum = labels.reduce((total, label, image) => total - Math.log(get(probabilities, image, label)), 0);
  return { shape: [], data: Float64Array.of(sum / labels.length) };
}

/** In training mode. @param mask 1 for a kept feature, 0 for a dropped one @param ratio of dropped features */
export function dropout(features: Array64, mask: Array64, ratio: number): Array64 {
  return zip(features, mask, (value, isKept) => (value * isKept) / (1 - ratio));
}
