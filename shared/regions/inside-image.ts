import type { Box } from './region.ts';

/** Whether a box has an area and all of it is inside the image. */
export function isInside({ x, y, width, height }: Box, image: Pick<Box, 'width' | 'height'>): boolean {
  return x >= 0 && y >= 0 && width >= 1 && height >= 1 && x + width <= image.width && y + height <= image.height;
}

/**
 * Rounds the ends of one side of a box to the nearest pixel: at least one pixel long, and inside the image.
 * @param limit width or height of the image
 * @returns start and length
 */
export function pixelSpan(start: number, end: number, limit: number): [start: number, length: number] {
  const first = Math.min(Math.max(0, Math.round(start)), limit - 1);
  return [first, Math.min(Math.max(first + 1, Math.round(end)), limit) - first];
}
