import type { Box } from './region.ts';

/** Area that two boxes have in common; also for boxes with fractional edges. */
export function intersectionArea(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Area that two boxes have in common as a share of the area that they cover together, 0 to 1. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const common = intersectionArea(a, b);
  return common / (a.width * a.height + b.width * b.height - common);
}
