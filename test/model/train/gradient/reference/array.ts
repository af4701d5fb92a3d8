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
  return indices.reduce((place, index, axis) => place * (shape[axis] ?? 0) + index, 0);
}

export function get(array: Array64, ...indices: number[]): number {
  return array.data[at(array, indices)] ?? Number.NaN;
}

/** Each element by its indices. */
export function made(shape: readonly number[], value: (indices: readonly number[]) => number): Array64 {
  const result = zeros(shape);
  for (let place = 0; place < result.data.length; place += 1) result.data[place] = value(indicesOf(place, shape));
  return result;
}

export function indicesOf(place: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  let rest = place;
  for (const size of shape.toReversed()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return indices;
}

/** Element by element, with NumPy's broadcasting. */
export function zip(one: Array64, other: Array64, combine: (a: number, b: number) => number): Array64 {
  const rank = Math.max(one.shape.length, other.shape.length);
  const axis = ({ shape }: Array64, place: number) => shape[place - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, place) => Math.max(axis(one, place), axis(other, place)));
  const own = (array: Array64, indices: readonly number[]) =>
    get(
      array,
      ...indices.slice(rank - array.shape.length).map((index, place) => (array.shape[place] === 1 ? 0 : index)),
    );
  return made(shape, (indices) => combine(own(one, indices), own(other, indices)));
}

export function map({ shape, data }: Array64, change: (value: number) => number): Array64 {
  return { shape, data: data.map(change) };
}
