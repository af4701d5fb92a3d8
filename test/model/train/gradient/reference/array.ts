/** A tensor in double precision, row-major. */
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function zeros(shape: readonly number[]): Array64 {
  return { shape, data: new Float64Array(count(shape)) };
}

/** Position of an element. */
export function at({ shape }: Array64, indices: readonly number[]): number {
  return indices.reduce((offset, index, axis) => offset * (shape[axis] ?? 0) + index, 0);
}

export function get(array: Array64, ...indices: number[]): number {
  return array.data[at(array, indices)] ?? Number.NaN;
}

/** Computes each element from its indices. */
export function made(shape: readonly number[], value: (indices: readonly number[]) => number): Array64 {
  const result = zeros(shape);
  for (let offset = 0; offset < result.data.length; offset += 1) result.data[offset] = value(indicesOf(offset, shape));
  return result;
}

export function indicesOf(offset: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  let rest = offset;
  for (const size of shape.toReversed()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return indices;
}

/** Element by element, with NumPy's broadcasting. */
export function zip(a: Array64, b: Array64, combine: (a: number, b: number) => number): Array64 {
  const rank = Math.max(a.shape.length, b.shape.length);
  const sizeOf = ({ shape }: Array64, axis: number) => shape[axis - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) => Math.max(sizeOf(a, axis), sizeOf(b, axis)));
  const element = (array: Array64, indices: readonly number[]) =>
    get(array, ...indices.slice(rank - array.shape.length).map((index, axis) => (array.shape[axis] === 1 ? 0 : index)));
  return made(shape, (indices) => combine(element(a, indices), element(b, indices)));
}

export function map({ shape, data }: Array64, change: (value: number) => number): Array64 {
  return { shape, data: data.map(change) };
}
