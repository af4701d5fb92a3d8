import { getInt } from '../../graph/attribute.ts';
import { type BackwardContext, type Derivative, input } from './derivative.ts';
import type { Emitter } from './emitter.ts';
import { padImage, sliceAtTap, tapsOf, type Windows, windowsOf } from './windows.ts';

/** Below so many channels a matrix product for each place of the window is too thin to pay. */
const channelsWorthOwnProduct = 16;

/** Y = W ∗ X + b, the cross-correlation that networks call convolution; in groups of channels too. */
export const convolution: Derivative = (differentiated) => {
  const { node, gradient, emit, needs } = differentiated;
  const [image, weights] = [emit.shape(input(node, 0)), emit.shape(input(node, 1))];
  const windows = windowsOf(node, image, emit.shape(gradient), weights.slice(2));
  return [
    needs(0) ? byImage(differentiated, windows) : undefined,
    needs(1) ? byWeights(differentiated, windows) : undefined,
    needs(2) ? emit.sum(gradient, [0, 2, 3]) : undefined,
  ];
};

/**
 * The transposed convolution. With stride 1 it is a convolution of the gradient by the filters turned by 180°, with
 * filters and channels exchanged (Dumoulin and Visin, A guide to convolution arithmetic, relation 8): the runtime's fast
 * kernel. Else `ConvTranspose`.
 */
function byImage({ node, gradient, emit }: BackwardContext, windows: Windows): string {
  const { image, kernel, stride, dilation, before, count } = windows;
  const group = getInt(node, 'group', 1);
  const axes = [0, 1] as const;
  const reach = axes.map((axis) => dilation[axis] * (kernel[axis] - 1));
  const first = axes.map((axis) => (reach[axis] ?? 0) - before[axis]);
  const last = axes.map((axis) => (image[axis + 2] ?? 0) + before[axis] - count[axis]);
  if (stride.every((step) => step === 1) && [...first, ...last].every((pixels) => pixels >= 0)) {
    const turned = turnedFilters(emit, input(node, 1), group);
    return emit.add('Conv', [gradient, turned], image, {
      kernel_shape: kernel,
      pads: [...first, ...last],
      dilations: dilation,
      group,
    });
  }
  const whole = axes.map((axis) => (count[axis] - 1) * stride[axis] + (reach[axis] ?? 0) + 1);
  // The result is cut to the image, and rows that no window reached are zeros.
  const [batch = 0, channels = 0, height = 0, width = 0] = image;
  const spread = emit.add('ConvTranspose', [gradient, input(node, 1)], [batch, channels, ...whole], {
    kernel_shape: kernel,
    strides: stride,
    dilations: dilation,
    group,
  });
  const [rows = 0, columns = 0] = whole;
  const pads = [0, 0, -before[0], -before[1], 0, 0, before[0] + height - rows, before[1] + width - columns];
  if (pads.every((pixels) => pixels === 0)) return spread;
  return emit.add('Pad', [spread, emit.ints(pads)], image);
}

/**
 * Filters [out, in ÷ groups, rows, columns] as [in, out ÷ groups, rows, columns], each turned by 180°. The places of a window
 * are put in reverse order by a product with a matrix of ones and zeros: the runtime's slices with negative steps are scalar,
 * and took longer than the convolution of small images.
 */
function turnedFilters(emit: Emitter, weights: string, group: number): string {
  const [filters = 0, channels = 0, rows = 0, columns = 0] = emit.shape(weights);
  const places = rows * columns;
  const flat = emit.reshape(weights, [filters * channels, places]);
  const turned = places === 1 ? flat : emit.add('MatMul', [flat, reversal(emit, places)], [filters * channels, places]);
  const grouped = emit.reshape(turned, [group, filters / group, channels, rows, columns]);
  const exchanged = emit.transpose(grouped, [0, 2, 1, 3, 4]);
  return emit.reshape(exchanged, [group * channels, filters / group, rows, columns]);
}

function reversal(emit: Emitter, places: number): string {
  const ones = new Float32Array(places * places);
  for (let place = 0; place < places; place += 1) ones[place * places + places - 1 - place] = 1;
  return emit.constant([places, places], ones);
}

/**
 * At each place of the window the gradient by the weights is a matrix product: what the windows have there, times the
 * gradients of what they gave, over all windows of all images. On 2 cores that is 20 to 60 GMAC/s; a convolution with the
 * axes of batch and channels exchanged is 15 to 32.
 */
function byWeights({ node, gradient, emit }: BackwardContext, windows: Windows): string {
  const group = getInt(node, 'group', 1);
  const [filters = 0, channels = 0, rows = 0, columns = 0] = emit.shape(input(node, 1));
  const [batch = 0] = windows.image;
  const area = windows.count[0] * windows.count[1];
  const given = emit.reshape(gradient, [batch, group, filters / group, area]);
  const image = padImage(emit, input(node, 0), windows);
  const seen = tapsOf(windows).map((tap) =>
    emit.reshape(sliceAtTap(emit, image, windows, tap), [batch, group, channels, area]),
  );
  const places = seen.length;
  if (places === 1 || channels < channelsWorthOwnProduct) {
    const all =
      places === 1 ? (seen[0] ?? '') : emit.add('Concat', seen, [batch, group, places * channels, area], { axis: 2 });
    const product = timesTransposed(emit, given, all);
    return emit.reshape(emit.transpose(emit.reshape(product, [filters, places, channels]), [0, 2, 1]), [
      filters,
      channels,
      rows,
      columns,
    ]);
  }
  const products = seen.map((value) => emit.reshape(timesTransposed(emit, given, value), [1, filters, channels]));
  const stacked = emit.add('Concat', products, [places, filters, channels], { axis: 0 });
  return emit.reshape(emit.transpose(stacked, [1, 2, 0]), [filters, channels, rows, columns]);
}

/** Σ over images of A Bᵀ, [group, rows of A, rows of B]; the runtime fuses transposition and product. */
function timesTransposed(emit: Emitter, one: string, other: string): string {
  const [batch = 0, group = 0, rows = 0] = emit.shape(one);
  const columns = emit.shape(other)[2] ?? 0;
  const product = emit.add('MatMul', [one, emit.transpose(other, [0, 1, 3, 2])], [batch, group, rows, columns]);
  return batch === 1 ? emit.reshape(product, [group, rows, columns]) : emit.sum(product, [0]);
}
