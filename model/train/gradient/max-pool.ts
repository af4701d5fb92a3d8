import { type Derivative, input, output } from './derivative.ts';
import type { Emitter } from './emitter.ts';
import { cropImage, padImage, poolWindows, sliceAtTap, type Tap, tapsOf, type Windows } from './windows.ts';

/** Lower than all values of a network. Minus infinity would give NaN when multiplied by 0. */
const lowest = -3.4e38;

/**
 * The largest pixel of each window gets the gradient of the window; the first one row by row, if several are equal. Its place
 * in the padded image is found first along rows, then along columns, so that a window of k × k has 2k taps instead of k²; the
 * gradients are then added at these places.
 */
export const maxPool: Derivative = (pool) => {
  const { node, gradient, emit, needs } = pool;
  if (!needs(0)) return [];
  const windows = poolWindows(pool);
  const padded = padImage(emit, input(node, 0), windows, lowest);
  const [batch = 0, channels = 0, height = 0, width = 0] = emit.shape(padded);
  const places = placesOfLargest(emit, windows, { padded, pooled: output(node) });
  const planes = [batch * channels, height * width];
  const values = [batch * channels, windows.count[0] * windows.count[1]];
  const zeros = emit.add('Expand', [emit.scalar(0), emit.ints(planes)], planes);
  const inputs = [zeros, emit.reshape(places, values), emit.reshape(gradient, values)];
  const added = emit.add('ScatterElements', inputs, planes, { axis: 1, reduction: 'add' });
  return [cropImage(emit, emit.reshape(added, [batch, channels, height, width]), windows)];
};

/** For each window, row · width + column of its largest pixel in the padded image: int32 [N, C, windows down, windows across]. */
function placesOfLargest(
  emit: Emitter,
  windows: Windows,
  { padded, pooled }: { padded: string; pooled: string },
): string {
  const { kernel, stride, dilation, count } = windows;
  const [batch = 0, channels = 0, height = 0, width = 0] = emit.shape(padded);
  const rows: Windows = {
    ...windows,
    kernel: [1, kernel[1]],
    stride: [1, stride[1]],
    dilation: [1, dilation[1]],
    count: [height, count[1]],
  };
  const columns: Windows = { ...windows, kernel: [kernel[0], 1], stride: [stride[0], 1], dilation: [dilation[0], 1] };
  const shape = [batch, channels, height, count[1]];
  const pooledRows = emit.add('MaxPool', [padded], shape, {
    kernel_shape: rows.kernel,
    strides: rows.stride,
    dilations: rows.dilation,
  });
  const offsets = atFirstEqual(emit, rows, { image: padded, pooled: pooledRows }, ({ column }) =>
    emit.constant([], Int32Array.of(column * dilation[1])),
  );
  const firstPlaces = Int32Array.from(
    { length: height * count[1] },
    (_, index) => Math.floor(index / count[1]) * width + (index % count[1]) * stride[1],
  );
  const inRows = emit.add('Add', [offsets, emit.constant([1, 1, height, count[1]], firstPlaces)], shape);
  return atFirstEqual(emit, columns, { image: pooledRows, pooled }, (tap) => sliceAtTap(emit, inRows, columns, tap));
}

/** For each window, the value at its first tap whose pixel is the result of the pool. */
function atFirstEqual(
  emit: Emitter,
  windows: Windows,
  { image, pooled }: { image: string; pooled: string },
  valueAt: (tap: Tap) => string,
): string {
  const shape = emit.shape(pooled);
  const taps = tapsOf(windows).map((tap) => ({ tap, value: valueAt(tap) }));
  const { value } = taps.reduceRight((later, { tap, value: current }) => {
    const isEqual = emit.add('Equal', [sliceAtTap(emit, image, windows, tap), pooled], shape);
    return { tap, value: emit.add('Where', [isEqual, current, later.value], shape) };
  });
  return taps.length > 1 ? value : emit.add('Expand', [value, emit.ints(shape)], shape);
}
