import { getInts, getString } from '../../graph/attribute.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { unsupported } from './derivative.ts';
import type { Emitter, Shape } from './emitter.ts';

type Pair = readonly [rows: number, columns: number];

/** How a convolution or pool moves its window over an image [N, C, height, width]. */
export interface Windows {
  readonly image: Shape;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Pixels of padding before the first row and column, and behind the last. */
  readonly before: Pair;
  readonly after: Pair;
  /** Pixels of padding behind the last row and column that the node vectorNames: a last window may reach beyond them, or not so far. */
  readonly stated: Pair;
  /** How many windows there are. */
  readonly count: Pair;
}

/** A place within the window. */
export interface Tap {
  readonly row: number;
  readonly column: number;
}

/** @throws {UserError} for images of other than two axes */
export function windowsOf(node: NodeProto, image: Shape, result: Shape, kernel: readonly number[]): Windows {
  if (image.length !== 4 || kernel.length !== 2) throw unsupported(node, 'an image of two axes');
  const pair = (values: readonly number[] | undefined, fallback: number): Pair => [
    values?.[0] ?? fallback,
    values?.[1] ?? fallback,
  ];
  const own = { kernel: pair(kernel, 1), stride: pair(getInts(node, 'strides'), 1) };
  const dilation = pair(getInts(node, 'dilations'), 1);
  const count = pair(result.slice(2), 0);
  const reach = (axis: 0 | 1) => (count[axis] - 1) * own.stride[axis] + dilation[axis] * (own.kernel[axis] - 1) + 1;
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
  // What the last window reads beyond the image, whatever the node says: rows that no window reaches need no padding.
  const after: Pair = [Math.max(0, overhang(0) - before[0]), Math.max(0, overhang(1) - before[1])];
  const end = (axis: 0 | 1) => (auto === 'NOTSET' ? (getInts(node, 'pads')?.[axis + 2] ?? 0) : after[axis]);
  return { image, ...own, dilation, before, after, stated: [end(0), end(1)], count };
}

/** All places of the window, row by row. */
export function tapsOf({ kernel: [rows, columns] }: Windows): Tap[] {
  return Array.from({ length: rows * columns }, (_, index) => ({
    row: Math.floor(index / columns),
    column: index % columns,
  }));
}

/** The image with its padding. @param value of the padding */
export function padImage(emit: Emitter, image: string, { before, after }: Windows, value = 0): string {
  const [batch = 0, channels = 0, height = 0, width = 0] = emit.shape(image);
  if ([...before, ...after].every((pixels) => pixels === 0)) return image;
  const shape = [batch, channels, height + before[0] + after[0], width + before[1] + after[1]];
  return emit.add('Pad', [image, emit.ints([0, 0, ...before, 0, 0, ...after]), emit.scalar(value)], shape);
}

/**
 * What all windows have at one place: [N, C, windows down, windows across] of the padImage image.
 */
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
 * The transpose of cutting an image into windows: adds up at each pixel of the image what lies at the places of the
 * windows that read it. Places whose distance to each other is a multiple of the stride are added on one grid; the grids
 * are then interlaced, as a pixel shuffle does (Shi et al. 2016, equation 4).
 * @param values by tap, [N, C, windows down, windows across] each
 * @returns [N, C, height, width], without the padding
 */
export function sumOverlaps(emit: Emitter, windows: Windows, values: ReadonlyMap<Tap, string>): string {
  const { image, stride, dilation, kernel, before, count } = windows;
  const [batch = 0, channels = 0, height = 0, width = 0] = image;
  const steps = (axis: 0 | 1) => Math.floor((dilation[axis] * (kernel[axis] - 1)) / stride[axis]);
  const grid: Pair = [count[0] + steps(0), count[1] + steps(1)];
  const gridShape = [batch, channels, ...grid];
  const grids = Map.groupBy(
    values,
    ([{ row, column }]) => ((row * dilation[0]) % stride[0]) * stride[1] + ((column * dilation[1]) % stride[1]),
  );
  const summed = Array.from({ length: stride[0] * stride[1] }, (_, remainder) => {
    const parts = (grids.get(remainder) ?? []).map(([{ row, column }, value]) => {
      const [down, across] = [
        Math.floor((row * dilation[0]) / stride[0]),
        Math.floor((column * dilation[1]) / stride[1]),
      ];
      const pads = [0, 0, down, across, 0, 0, grid[0] - count[0] - down, grid[1] - count[1] - across];
      return pads.every((size) => size === 0) ? value : emit.add('Pad', [value, emit.ints(pads)], gridShape);
    });
    if (parts.length > 1) return emit.add('Sum', parts, gridShape);
    return parts[0] ?? emit.add('Expand', [emit.scalar(0), emit.ints(gridShape)], gridShape);
  });
  const [whole, size] = interlaced(emit, summed, stride, gridShape);
  const pads = [0, 0, -before[0], -before[1], 0, 0, before[0] + height - size[0], before[1] + width - size[1]];
  if (pads.every((pixels) => pixels === 0)) return whole;
  return emit.add('Pad', [whole, emit.ints(pads)], [batch, channels, height, width]);
}

function interlaced(
  emit: Emitter,
  grids: readonly string[],
  [down, across]: Pair,
  [batch = 0, channels = 0, rows = 0, columns = 0]: Shape,
): [value: string, size: Pair] {
  const size: Pair = [rows * down, columns * across];
  const [first = ''] = grids;
  if (grids.length === 1) return [first, size];
  const stacked = emit.add('Concat', grids, [batch, down * across * channels, rows, columns], { axis: 1 });
  if (down === across) {
    return [emit.add('DepthToSpace', [stacked], [batch, channels, ...size], { blocksize: down }), size];
  }
  const apart = emit.reshape(stacked, [batch, down, across, channels, rows, columns]);
  const together = emit.transpose(apart, [0, 3, 4, 1, 5, 2]);
  return [emit.reshape(together, [batch, channels, ...size]), size];
}
