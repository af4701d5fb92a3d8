import type { Box } from '../../shared/regions/region.ts';
import type { Size } from '../../shared/regions/working-size.ts';

/** Sides of the boxes as shares of the picture's sides; every pair is one shape. */
const shares = [0.3, 0.5, 0.7, 0.9];

/** Boxes of 16 shapes on a regular grid that knows nothing of the picture, about `count` of them and never more. */
export function slidingBoxes(size: Size, count: number): Box[] {
  for (let step = 0.05; ; step *= 1.02) {
    const boxes = shares.flatMap((across) => shares.flatMap((down) => boxesOf(size, across, down, step)));
    if (boxes.length <= count || step > 100) return boxes.slice(0, count);
  }
}

/** @param step distance of neighbors as a share of the box */
function boxesOf({ width, height }: Size, across: number, down: number, step: number): Box[] {
  return startsOf(across, step).flatMap((x) =>
    startsOf(down, step).map((y) => ({
      x: x * width,
      y: y * height,
      width: across * width,
      height: down * height,
    })),
  );
}

function startsOf(share: number, step: number): number[] {
  const count = Math.max(1, Math.round((1 - share) / (share * step)));
  return Array.from({ length: count }, (_, index) =>
    count === 1 ? (1 - share) / 2 : ((1 - share) * index) / (count - 1),
  );
}
