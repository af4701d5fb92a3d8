import type { Box } from './region.ts';

/** Area that two boxes have in common as a share of the area that they cover together, 0 to 1; also for fractional edges. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const { width, height } = intersectionSize(a, b);
  return width > 0 && height > 0 ? shareOfUnion(width * height, a.width * a.height, b.width * b.height) : 0;
}

/**
 * The same of two boxes of a list.
 * @param boxes left, top, right and bottom per box; right and bottom are outside
 */
export function overlapInList(boxes: Int32Array, one: number, other: number): number {
  const [a, b] = [one * 4, other * 4];
  const [left, top, right, bottom] = [boxes[a] ?? 0, boxes[a + 1] ?? 0, boxes[a + 2] ?? 0, boxes[a + 3] ?? 0];
  const [left2, top2, right2, bottom2] = [boxes[b] ?? 0, boxes[b + 1] ?? 0, boxes[b + 2] ?? 0, boxes[b + 3] ?? 0];
  const width = Math.min(right, right2) - Math.max(left, left2);
  const height = Math.min(bottom, bottom2) - Math.max(top, top2);
  if (width <= 0 || height <= 0) return 0;
  return shareOfUnion(width * height, (right - left) * (bottom - top), (right2 - left2) * (bottom2 - top2));
}

/** Share of the area of a box that is inside another one, 0 to 1. */
export function shareInside(box: Box, other: Box): number {
  const { width, height } = intersectionSize(box, other);
  return width > 0 && height > 0 ? (width * height) / (box.width * box.height) : 0;
}

/** The area that two boxes have in common as a share of the smaller one: 1 if one is inside the other. */
export function shareOfSmaller(a: Box, b: Box): number {
  return Math.max(shareInside(a, b), shareInside(b, a));
}

/** Zero or negative if the boxes are apart. */
function intersectionSize(a: Box, b: Box): Pick<Box, 'width' | 'height'> {
  return {
    width: Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x),
    height: Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y),
  };
}

function shareOfUnion(common: number, area: number, otherArea: number): number {
  return common / (area + otherArea - common);
}
