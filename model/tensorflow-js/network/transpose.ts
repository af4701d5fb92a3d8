import { elementCount } from '../../onnx/tensor.ts';

/**
 * The elements of a row-major tensor with its axes in another order: axis `i` of the result is axis `order[i]` of the source.
 */
export function transpose(data: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const result = new Float32Array(data.length);
  const target = permuted(shape, order);
  const strides = shape.map((_, axis) => elementCount(target.slice(order.indexOf(axis) + 1)));
  const rows = shape.slice(0, -1);
  const position = rows.map(() => 0);
  const length = shape.at(-1) ?? 1;
  const step = strides.at(-1) ?? 1;
  for (let row = 0; row < data.length; row += length) {
    const start = position.reduce((sum, index, axis) => sum + index * (strides[axis] ?? 0), 0);
    for (let index = 0; index < length; index += 1) result[start + index * step] = data[row + index] ?? 0;
    advance(position, rows);
  }
  return result;
}

/** Counts up, the last digit fastest. */
function advance(position: number[], sizes: readonly number[]): void {
  for (let axis = sizes.length - 1; axis >= 0; axis -= 1) {
    const next = (position[axis] ?? 0) + 1;
    position[axis] = next % (sizes[axis] ?? 1);
    if (next < (sizes[axis] ?? 1)) return;
  }
}

/** A shape with its axes in another order. */
export function permuted(shape: readonly number[], order: readonly number[]): number[] {
  return order.map((axis) => shape[axis] ?? 1);
}
