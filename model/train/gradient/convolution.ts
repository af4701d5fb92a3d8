import { getInt } from '../../graph/attribute.ts';
import { type BackwardContext, type Derivative, input } from './derivative.ts';
import type { Emitter } from './emitter.ts';
import { cropImage, padImage, sliceAtTap, tapsOf, type Windows, windowsOf } from './windows.ts';

/** With fewer channels, a matrix product per tap is too small to be efficient. */
const minChannelsPerProduct = 16;

/** Y = W ∗ X + b, the cross-correlation that networks call convolution, with groups of channels. */
export const convolution: Derivative = (context) => {
  const { node, gradient, emit, needs } = context;
  const [image, weights] = [emit.shape(input(node, 0)), emit.shape(input(node, 1))];
  const windows = windowsOf(node, image, emit.shape(gradient), weights.slice(2));
  return [
    needs(0) ? imageGradient(context, windows) : undefined,
    needs(1) ? weightGradient(context, windows) : undefined,
    needs(2) ? emit.sum(gradient, [0, 2, 3]) : undefined,
  ];
};

/**
 * The transposed convolution. With stride 1, it is a convolution of the gradient by the filters rotated by 180°, with
 * filters and channels exchanged (Dumoulin and Visin, A guide to convolution arithmetic, relation 8), which is the runtime's
 * fastest kernel. Otherwise `ConvTranspose`.
 */
function imageGradient({ node, gradient, emit }: BackwardContext, windows: Windows): string {
  const { image, kernel, stride, dilation, before, count } = windows;
  const group = getInt(node, 'group', 1);
  const axes = [0, 1] as const;
  const reach = axes.map((axis) => dilation[axis] * (kernel[axis] - 1));
  const first = axes.map((axis) => (reach[axis] ?? 0) - before[axis]);
  const last = axes.map((axis) => (image[axis + 2] ?? 0) + before[axis] - count[axis]);
  if (stride.every((step) => step === 1) && [...first, ...last].every((pixels) => pixels >= 0)) {
    const rotated = rotateFilters(emit, input(node, 1), group);
    return emit.add('Conv', [gradient, rotated], image, {
      kernel_shape: kernel,
      pads: [...first, ...last],
      dilations: dilation,
      group,
    });
  }
  const size = axes.map((axis) => (count[axis] - 1) * stride[axis] + (reach[axis] ?? 0) + 1);
  const [batch = 0, channels = 0] = image;
  const spread = emit.add('ConvTranspose', [gradient, input(node, 1)], [batch, channels, ...size], {
    kernel_shape: kernel,
    strides: stride,
    dilations: dilation,
    group,
  });
  return cropImage(emit, spread, windows);
}

/**
 * Filters [out, in ÷ groups, rows, columns] as [in, out ÷ groups, rows, columns], each rotated by 180°. A product with a
 * permutation matrix reverses the taps: slices with negative steps are scalar in the runtime, and took longer than the
 * convolution of small images.
 */
function rotateFilters(emit: Emitter, weights: string, group: number): string {
  const [filters = 0, channels = 0, rows = 0, columns = 0] = emit.shape(weights);
  const taps = rows * columns;
  const flat = emit.reshape(weights, [filters * channels, taps]);
  const rotated = taps === 1 ? flat : emit.add('MatMul', [flat, reversal(emit, taps)], [filters * channels, taps]);
  const grouped = emit.reshape(rotated, [group, filters / group, channels, rows, columns]);
  const exchanged = emit.transpose(grouped, [0, 2, 1, 3, 4]);
  return emit.reshape(exchanged, [group * channels, filters / group, rows, columns]);
}

function reversal(emit: Emitter, size: number): string {
  const ones = new Float32Array(size * size);
  for (let row = 0; row < size; row += 1) ones[row * size + size - 1 - row] = 1;
  return emit.constant([size, size], ones);
}

/**
 * For each tap, the gradient is a matrix product over all windows of all images: the pixels at the tap times the output
 * gradients. That runs at 20 to 60 GMAC/s on 2 cores; a convolution with the axes of batch and channels exchanged runs at 15
 * to 32.
 */
function weightGradient({ node, gradient, emit }: BackwardContext, windows: Windows): string {
  const group = getInt(node, 'group', 1);
  const [filters = 0, channels = 0, rows = 0, columns = 0] = emit.shape(input(node, 1));
  const [batch = 0] = windows.image;
  const area = windows.count[0] * windows.count[1];
  const outputs = emit.reshape(gradient, [batch, group, filters / group, area]);
  const image = padImage(emit, input(node, 0), windows);
  const slices = tapsOf(windows).map((tap) =>
    emit.reshape(sliceAtTap(emit, image, windows, tap), [batch, group, channels, area]),
  );
  const taps = slices.length;
  if (taps === 1 || channels < minChannelsPerProduct) {
    const all =
      taps === 1 ? (slices[0] ?? '') : emit.add('Concat', slices, [batch, group, taps * channels, area], { axis: 2 });
    const product = timesTransposed(emit, outputs, all);
    return emit.reshape(emit.transpose(emit.reshape(product, [filters, taps, channels]), [0, 2, 1]), [
      filters,
      channels,
      rows,
      columns,
    ]);
  }
  const products = slices.map((slice) => emit.reshape(timesTransposed(emit, outputs, slice), [1, filters, channels]));
  const stacked = emit.add('Concat', products, [taps, filters, channels], { axis: 0 });
  return emit.reshape(emit.transpose(stacked, [1, 2, 0]), [filters, channels, rows, columns]);
}

/** Σ over images of A Bᵀ, [group, rows of A, rows of B]. The runtime fuses transposition and product. */
function timesTransposed(emit: Emitter, a: string, b: string): string {
  const [batch = 0, group = 0, rows = 0] = emit.shape(a);
  const columns = emit.shape(b)[2] ?? 0;
  const product = emit.add('MatMul', [a, emit.transpose(b, [0, 1, 3, 2])], [batch, group, rows, columns]);
  return batch === 1 ? emit.reshape(product, [group, rows, columns]) : emit.sum(product, [0]);
}
