import { getInts, getString } from '../../graph/attribute.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { type BackwardContext, input, twoAxes, unsupported } from './derivative.ts';
import type { Emitter, Shape } from './emitter.ts';

type Pair = readonly [rows: number, columns: number];

/** The windows of a convolution or pool over an image [N, C, height, width]. */
export interface Windows {
  readonly image: Shape;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Padding before the first row and column, and the padding after the last that the windows read. */
  readonly before: Pair;
  readonly after: Pair;
  /** Padding after the last row and column as declared by the node; the last window may read more or less. */
  readonly declared: Pair;
  /** Number of windows. */
  readonly count: Pair;
}

/** A position within the window. */
export interface Tap {
  readonly row: number;
  readonly column: number;
}

/** @throws {UserError} unless the image has two spatial axes */
export function windowsOf(node: NodeProto, image: Shape, result: Shape, kernel: readonly number[]): Windows {
  if (image.length !== 4 || kernel.length !== 2) throw unsupported(node, twoAxes);
  const pair = (values: readonly number[] | undefined, fallback: number): Pair => [
    values?.[0] ?? fallback,
    values?.[1] ?? fallback,
  ];
  const [size, stride, dilation] = [
    pair(kernel, 1),
    pair(getInts(node, 'strides'), 1),
    pair(getInts(node, 'dilations'), 1),
  ];
  const count = pair(result.slice(2), 0);
  const reach = (axis: 0 | 1) => (count[axis] - 1) * stride[axis] + dilation[axis] * (size[axis] - 1) + 1;
  const overhang = (axis: 0 | 1) => reach(axis) - (image[axis + 2] ?? 0);
  const auto = getString(node, 'auto_pad', 'NOTSET');
  const begin = (axis: 0 | 1): number => {
    if (auto === 'VALID') return 0;
    const total = Math.max(0, overhang(axis));
    if (auto === 'SAME_UPPER') return Math.floor(total / 2);
    if (auto === 'SAME_LOWER') return Math.ceil(total / 2);
    return getInts(node, 'pads')?.[axis] ?? 0;
  };
  const before: Pair = [begin(0), begin(1)];
  // The rows that the last window reads outside of the image. Declared padding that no window reads is not needed.
  const after: Pair = [Math.max(0, overhang(0) - before[0]), Math.max(0, overhang(1) - before[1])];
  const end = (axis: 0 | 1) => (auto === 'NOTSET' ? (getInts(node, 'pads')?.[axis + 2] ?? 0) : after[axis]);
  return { image, kernel: size, stride, dilation, before, after, declared: [end(0), end(1)], count };
}

/** The windows of a pool. @throws {UserError} unless the image has two spatial axes */
export function poolWindows({ node, gradient, emit }: BackwardContext): Windows {
  const kernel = getInts(node, 'kernel_shape') ?? [];
  return windowsOf(node, emit.shape(input(node, 0)), emit.shape(gradient), kernel);
}

/** All taps of the window, row by row. */
export function tapsOf({ kernel: [rows, columns] }: Windows): Tap[] {
  return Array.from({ length: rows * columns }, (_, index) => ({
    row: Math.floor(index / columns),
    column: index % columns,
  }));
}

/** Pads the image. @param value of the padding */
export function padImage(emit: Emitter, image: string, { before, after }: Windows, value = 0): string {
  const [batch = 0, channels = 0, height = 0, width = 0] = emit.shape(image);
  if ([...before, ...after].every((pixels) => pixels === 0)) return image;
  const shape = [batch, channels, height + before[0] + after[0], width + before[1] + after[1]];
  return emit.add('Pad', [image, emit.ints([0, 0, ...before, 0, 0, ...after]), emit.scalar(value)], shape);
}

/** The pixels of a padded image at one tap of all windows: [N, C, windows down, windows across]. */
export function sliceAtTap(emit: Emitter, image: string, windows: Windows, { row, column }: Tap): string {
  const { stride, dilation, count } = windows;
  const [batch = 0, channels = 0, height = 0, width = 0] = emit.shape(image);
  if (count[0] === height && count[1] === width) return image;
  const start = [row * dilation[0], column * dilation[1]];
  const end = start.map((first, axis) => first + ((count[axis] ?? 0) - 1) * (stride[axis] ?? 1) + 1);
  const inputs = [image, emit.ints(start), emit.ints(end), emit.ints([2, 3]), emit.ints(stride)];
  return emit.add('Slice', inputs, [batch, channels, ...count]);
}

/**
 * The transpose of cutting an image into windows: sums for each pixel the values at the taps that read it. Taps whose
 * distance is a multiple of the stride are summed on one grid; the grids are then interleaved, as in a pixel shuffle (Shi et
 * al. 2016, equation 4).
 * @param values by tap, [N, C, windows down, windows across] each
 * @returns [N, C, height, width], without the padding
 */
export function sumOverlaps(emit: Emitter, windows: Windows, values: ReadonlyMap<Tap, string>): string {
  const { image, stride, dilation, kernel, count } = windows;
  const [batch = 0, channels = 0] = image;
  const steps = (axis: 0 | 1) => Math.floor((dilation[axis] * (kernel[axis] - 1)) / stride[axis]);
  const grid: Pair = [count[0] + steps(0), count[1] + steps(1)];
  const gridShape = [batch, channels, ...grid];
  const grids = Map.groupBy(
    values,
    ([{ row, column }]) => ((row * dilation[0]) % stride[0]) * stride[1] + ((column * dilation[1]) % stride[1]),
  );
  const summed = Array.from({ length: stride[0] * stride[1] }, (_, remainder) => {
    const shifted = (grids.get(remainder) ?? []).map(([{ row, column }, value]) => {
      const [down, across] = [
        Math.floor((row * dilation[0]) / stride[0]),
        Math.floor((column * dilation[1]) / stride[1]),
      ];
      const pads = [0, 0, down, across, 0, 0, grid[0] - count[0] - down, grid[1] - count[1] - across];
      return pads.every((size) => size === 0) ? value : emit.add('Pad', [value, emit.ints(pads)], gridShape);
    });
    if (shifted.length > 1) return emit.add('Sum', shifted, gridShape);
    return shifted[0] ?? emit.add('Expand', [emit.scalar(0), emit.ints(gridShape)], gridShape);
  });
  return cropImage(emit, interleave(emit, summed, stride, gridShape), windows);
}

/** Removes the padding. Rows and columns that no window reads become zeros. */
export function cropImage(emit: Emitter, padded: string, { image, before }: Windows): string {
  const [, , height = 0, width = 0] = image;
  const [, , rows = 0, columns = 0] = emit.shape(padded);
  const pads = [0, 0, -before[0], -before[1], 0, 0, before[0] + height - rows, before[1] + width - columns];
  return pads.every((pixels) => pixels === 0) ? padded : emit.add('Pad', [padded, emit.ints(pads)], image);
}

function interleave(
  emit: Emitter,
  grids: readonly string[],
  [down, across]: Pair,
  [batch = 0, channels = 0, rows = 0, columns = 0]: Shape,
): string {
  const shape = [batch, channels, rows * down, columns * across];
  const [first = ''] = grids;
  if (grids.length === 1) return first;
  const stacked = emit.add('Concat', grids, [batch, down * across * channels, rows, columns], { axis: 1 });
  if (down === across) {
    return emit.add('DepthToSpace', [stacked], shape, { blocksize: down });
  }
  const separate = emit.reshape(stacked, [batch, down, across, channels, rows, columns]);
  const interleaved = emit.transpose(separate, [0, 3, 4, 1, 5, 2]);
  return emit.reshape(interleaved, shape);
}
