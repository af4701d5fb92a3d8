import type { Box } from './region.ts';

/** `10,20,120,80`: the left edge, the upper edge, the width and the height of a box in pixels, as `--box` takes them. */
export function boxText({ x, y, width, height }: Box): string {
  return [x, y, width, height].join();
}
