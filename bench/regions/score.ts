import { intersectionOverUnion } from '../../shared/regions/intersection-over-union.ts';
import type { Box } from '../../shared/regions/region.ts';

/** Objects of one picture, and the boxes proposed for it, best first. */
export interface Proposals {
  readonly objects: readonly Box[];
  readonly boxes: readonly Box[];
}

export interface Score {
  /** Share of the objects that a box overlaps by at least a half. */
  readonly recall: number;
  /** Mean over the objects of the best overlap of a box. */
  readonly meanBestOverlap: number;
}

/** Scores the first `count` boxes of each picture. Overlap is intersection over union. */
export function scoreOf(pictures: readonly Proposals[], count: number): Score {
  const best = pictures.flatMap(({ objects, boxes }) =>
    objects.map((object) => Math.max(0, ...boxes.slice(0, count).map((box) => intersectionOverUnion(box, object)))),
  );
  const recall = best.filter((value) => value >= 0.5).length / best.length;
  return { recall, meanBestOverlap: best.reduce((sum, value) => sum + value, 0) / best.length };
}
