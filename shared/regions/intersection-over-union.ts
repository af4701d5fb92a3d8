import type { Box } from './region.ts';

/** Area that two boxes have in common; also for boxes with fractional edges. */
function intersectionArea(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Area that two boxes have in common as a share of the area that they cover together, 0 to 1. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const common = intersectionArea(a, b);
  return common / (a.width * a.height + b.width * b.height - common);
}

/** Share of the area of a box that is inside another one, 0 to 1. */
export function shareInside(box: Box, other: Box): number {
  return intersectionArea(box, other) / (box.width * box.height);
}

/** The area that two boxes have in common as a share of the smaller one: 1 if one is inside the other. */
export function shareOfSmaller(a: Box, b: Box): number {
  return Math.max(shareInside(a, b), shareInside(b, a));
}
