import type { Box } from './region.ts';

/**
 * How far one box is from another, relative to the size of the first: the shift of the center in widths and heights of the
 * first box, and the logarithms of the ratios of the widths and heights. Girshick et al., Rich feature hierarchies for accurate
 * object detection, appendix C, (t_x, t_y, t_w, t_h).
 */
export type BoxOffsets = readonly [x: number, y: number, width: number, height: number];

/** A predicted side is at most this many times as long or as short as the region's. */
const maxRatio = 4;

export function boxOffsets(from: Box, to: Box): BoxOffsets {
  return [
    (centerX(to) - centerX(from)) / from.width,
    (centerY(to) - centerY(from)) / from.height,
    Math.log(to.width / from.width),
    Math.log(to.height / from.height),
  ];
}

/**
 * Moves a box by predicted offsets, in whole pixels, clipped to the image.
 * @returns the box itself if an offset is not finite, or nothing of the moved box is inside the image
 */
export function moveBox(box: Box, offsets: BoxOffsets, image: Pick<Box, 'width' | 'height'>): Box {
  if (!offsets.every(Number.isFinite)) return box;
  const [x, y, width, height] = offsets;
  const centers = [centerX(box) + x * box.width, centerY(box) + y * box.height] as const;
  const sides = [box.width * ratio(width), box.height * ratio(height)] as const;
  const [left, right] = interval(centers[0], sides[0], image.width);
  const [top, bottom] = interval(centers[1], sides[1], image.height);
  if (right <= left || bottom <= top) return box;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function interval(center: number, side: number, end: number): [number, number] {
  const start = Math.round(center - side / 2);
  const inside = (value: number) => Math.min(Math.max(value, 0), end);
  return [inside(start), inside(Math.max(start + 1, Math.round(center + side / 2)))];
}

function ratio(logarithm: number): number {
  return Math.min(Math.max(Math.exp(logarithm), 1 / maxRatio), maxRatio);
}

function centerX({ x, width }: Box): number {
  return x + width / 2;
}

function centerY({ y, height }: Box): number {
  return y + height / 2;
}
