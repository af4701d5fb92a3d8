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

/** @param fixed mean and variance that do not come from the batch */
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
  const channelOf = (place: number) => Math.floor(place / plane) % channels;
  if (fixed === undefined) {
    const each = image.data.length / channels;
    const add = ({ data }: Array64, channel: number, value: number) => {
      data[channel] = (data[channel] ?? 0) + value / each;
    };
    for (const [place, value] of image.data.entries()) add(means, channelOf(place), value);
    for (const [place, value] of image.data.entries()) {
      add(variances, channelOf(place), (value - get(means, channelOf(place))) ** 2);
    }
  }
  return made(image.shape, (indices) => {
    const channel = indices[1] ?? 0;
    const normal = (get(image, ...indices) - get(means, channel)) / Math.sqrt(get(variances, channel) + epsilon);
    return normal * get(scale, channel) + get(shift, channel);
  });
}

/** Over the last two axes, the others repeated. */
export function matMul(one: Array64, other: Array64): Array64 {
  const inner = one.shape.at(-1) ?? 0;
  const left = { ...one, shape: [...one.shape.slice(0, -1), 1, inner] };
  const turned = transpose(
    other,
    [...other.shape.keys()].slice(0, -2).concat(other.shape.length - 1, other.shape.length - 2),
  );
  const right = { ...turned, shape: [...turned.shape.slice(0, -2), 1, ...turned.shape.slice(-2)] };
  const products = zip(left, right, (a, b) => a * b);
  return sumOver(products, [products.shape.length - 1]);
}

export function transpose(array: Array64, axes: readonly number[]): Array64 {
  const shape = axes.map((axis) => array.shape[axis] ?? 0);
  return made(shape, (indices) => get(array, ...array.shape.map((_, axis) => indices[axes.indexOf(axis)] ?? 0)));
}

/** Sums over axes, which are dropped. */
export function sumOver(array: Array64, axes: readonly number[]): Array64 {
  const kept = array.shape.filter((_, axis) => !axes.includes(axis));
  const result = zeros(kept);
  for (const [place, value] of array.data.entries()) {
    const own = at(
      result,
      indicesOf(place, array.shape).filter((_, axis) => !axes.includes(axis)),
    );
    result.data[own] = (result.data[own] ?? 0) + value;
  }
  return result;
}

/** Joined along the second axis. */
export function concat(arrays: readonly Array64[]): Array64 {
  const [first] = arrays;
  const channels = arrays.reduce((sum, { shape }) => sum + (shape[1] ?? 0), 0);
  return made(
    [first?.shape[0] ?? 0, channels, ...(first?.shape.slice(2) ?? [])],
    ([batch = 0, channel = 0, ...rest]) => {
      let own = channel;
      for (const array of arrays) {
        const size = array.shape[1] ?? 0;
        if (own < size) return get(array, batch, own, ...rest);
        own -= size;
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

/** While training. @param mask 1 where a feature was let pass, else 0 @param ratio of what is left out on average */
export function dropout(features: Array64, mask: Array64, ratio: number): Array64 {
  return zip(features, mask, (value, isKept) => (value * isKept) / (1 - ratio));
}
