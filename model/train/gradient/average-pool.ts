import { getInt } from '../../graph/attribute.ts';
import { type Derivative, input, twoAxes, unsupported } from './derivative.ts';
import type { Emitter } from './emitter.ts';
import { poolWindows, sumOverlaps, tapsOf, type Windows } from './windows.ts';

/** Each pixel of a window gets an equal share of the gradient of the window. */
export const averagePool: Derivative = (pool) => {
  const { node, gradient, emit, needs } = pool;
  if (!needs(0)) return [];
  const windows = poolWindows(pool);
  const share = shareOf(emit, gradient, windows, getInt(node, 'count_include_pad', 0) === 1);
  return [windows.stride.every((step) => step === 1) ? poolBack(emit, share, windows) : spread(emit, share, windows)];
};

/** The mean of each channel. */
export const globalAveragePool: Derivative = ({ node, gradient, emit, needs }) => {
  if (!needs(0)) return [];
  const shape = emit.shape(input(node, 0));
  if (shape.length !== 4) throw unsupported(node, twoAxes);
  const share = emit.times(gradient, 1 / ((shape[2] ?? 1) * (shape[3] ?? 1)));
  return [emit.add('Expand', [share, emit.ints(shape)], shape)];
};

/** The gradient divided by the number of pixels that each window averages. */
function shareOf(emit: Emitter, gradient: string, windows: Windows, countsPadding: boolean): string {
  const { image, kernel, stride, dilation, before, declared, count } = windows;
  const first = (axis: 0 | 1) => (countsPadding ? 0 : before[axis]);
  const end = (axis: 0 | 1) => before[axis] + (image[axis + 2] ?? 0) + (countsPadding ? declared[axis] : 0);
  const inside = (axis: 0 | 1, window: number) => {
    const positions = Array.from({ length: kernel[axis] }, (_, tap) => window * stride[axis] + tap * dilation[axis]);
    return positions.filter((position) => position >= first(axis) && position < end(axis)).length;
  };
  const shares = Float32Array.from({ length: count[0] * count[1] }, (_, index) => {
    return 1 / (inside(0, Math.floor(index / count[1])) * inside(1, index % count[1]));
  });
  const [only = 0] = shares;
  if (shares.every((share) => share === only)) return emit.times(gradient, only);
  return emit.add('Mul', [gradient, emit.constant([1, 1, ...count], shares)], emit.shape(gradient));
}

/** With stride 1, the gradient is a sum over windows as well, which the runtime's pool computes as a mean. */
function poolBack(emit: Emitter, share: string, windows: Windows): string {
  const { image, kernel, dilation, before, count } = windows;
  if (dilation.some((step) => step !== 1)) return spread(emit, share, windows);
  const axes = [0, 1] as const;
  const first = axes.map((axis) => kernel[axis] - 1 - before[axis]);
  const last = axes.map((axis) => (image[axis + 2] ?? 0) + before[axis] - count[axis]);
  const fits = [...first, ...last].every((pixels, index) => pixels >= 0 && pixels < (kernel[index % 2] ?? 0));
  if (!fits) return spread(emit, share, windows);
  const whole = emit.times(share, kernel[0] * kernel[1]);
  return emit.add('AveragePool', [whole], image, {
    kernel_shape: kernel,
    pads: [...first, ...last],
    count_include_pad: 1,
  });
}

function spread(emit: Emitter, share: string, windows: Windows): string {
  return sumOverlaps(emit, windows, new Map(tapsOf(windows).map((tap) => [tap, share])));
}
