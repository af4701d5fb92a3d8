import { intsAttribute } from '../graph/attribute.ts';

export type Pair = readonly [rows: number, columns: number];
/** One number for both axes, or rows and columns. */
export type Sides = number | Pair;

/** The window of a convolution or pool. */
export interface Window {
  readonly kernel: Sides;
  readonly stride?: number;
  /** Pixels added on both sides of each axis. */
  readonly padding?: Sides;
}

export function pairOf(sides: Sides): Pair {
  return typeof sides === 'number' ? [sides, sides] : sides;
}

/** The padding with which a window of odd sides and stride 1 keeps the size of the image. */
export function samePadding(kernel: Sides): Pair {
  const [rows, columns] = pairOf(kernel);
  return [(rows - 1) / 2, (columns - 1) / 2];
}

/** Number of windows along each axis; below 1 if the padded image is smaller than the window. */
export function windowCounts(plane: Pair, window: Window, round: (count: number) => number): Pair {
  const [kernel, padding] = [pairOf(window.kernel), pairOf(window.padding ?? 0)];
  const count = (axis: 0 | 1) => round((plane[axis] + 2 * padding[axis] - kernel[axis]) / (window.stride ?? 1)) + 1;
  return [count(0), count(1)];
}

/** @param ends padding after the last row and column; by default that of the window */
export function windowAttributes(window: Window, ends: Pair = pairOf(window.padding ?? 0)) {
  return {
    kernel: intsAttribute('kernel_shape', pairOf(window.kernel)),
    pads: intsAttribute('pads', [...pairOf(window.padding ?? 0), ...ends]),
    strides: intsAttribute('strides', pairOf(window.stride ?? 1)),
  };
}
