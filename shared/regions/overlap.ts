/**
 * Intersection over union of two boxes of a list.
 * @param boxes left, top, right and bottom per box; right and bottom are outside
 */
export function overlapOf(boxes: Int32Array, one: number, other: number): number {
  const [a, b] = [one * 4, other * 4];
  const [left, top, right, bottom] = [boxes[a] ?? 0, boxes[a + 1] ?? 0, boxes[a + 2] ?? 0, boxes[a + 3] ?? 0];
  const [left2, top2, right2, bottom2] = [boxes[b] ?? 0, boxes[b + 1] ?? 0, boxes[b + 2] ?? 0, boxes[b + 3] ?? 0];
  const width = Math.min(right, right2) - Math.max(left, left2);
  const height = Math.min(bottom, bottom2) - Math.max(top, top2);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / ((right - left) * (bottom - top) + (right2 - left2) * (bottom2 - top2) - shared);
}
