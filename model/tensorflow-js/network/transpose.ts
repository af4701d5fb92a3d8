import { elementCount } from '../../onnx/tensor.ts';

/**
 * The elements of a row-major tensor with its axes in another order: axis `i` of the result is axis `order[i]` of the source.
 */
export function transpose(data: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const sizes = order.map((axis) => shape[axis] ?? 1);
  const steps = order.map((axis) => strides[axis] ?? 1);
  const result = new Float32Array(data.length);
  const position = sizes.map(() => 0);
  let source = 0;
  for (let index = 0; index < result.length; index += 1) {
    result[index] = data[source] ?? 0;
    for (let axis = sizes.length - 1; axis >= 0; axis -= 1) {
      const size = sizes[axis] ?? 1;
      const step = steps[axis] ?? 0;
      const next = (position[axis] ?? 0) + 1;
      source += step;
      if (next < size) {
        position[axis] = next;
        break;
      }
      position[axis] = 0;
      source -= size * step;
    }
  }
  return result;
}

/** A shape with its axes in another order. */
export function permuted(shape: readonly number[], order: readonly number[]): number[] {
  return order.map((axis) => shape[axis] ?? 1);
}
