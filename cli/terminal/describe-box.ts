import type { Box } from '../../shared/regions/region.ts';

/** `120×80 at 10, 20`: the size of a box, and its upper left corner. */
export function describeBox({ x, y, width, height }: Box): string {
  return `${width}×${height} at ${x}, ${y}`;
}
