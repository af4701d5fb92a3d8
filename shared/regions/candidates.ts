import type { Hierarchy } from './merging.ts';
import type { Size } from './working-size.ts';

/** Different boxes of regions, and how strongly the groupings propose them. */
export interface Candidates {
  readonly count: number;
  /** Left, top, right and bottom per box; right and bottom are outside. */
  readonly boxes: Int32Array;
  /** Per box: the sum over the groupings that have it of how late it was merged there, each 0 to 1. */
  readonly votes: Float32Array;
}

/** Comparing all pairs of more boxes takes too long. Only pictures of noise have as many. */
const maxCandidates = 3000;
/**
 * Shortest side of a box as a share of the picture's longer side: 6 of 300 pixels. Thinner boxes are edges and lines, whose colors differ
 * from all that is around them, so that their objectness is high.
 */
const minSide = 0.02;

/** Collects the boxes of all groupings, without those of lines. The box of the whole picture is left out. */
export function collectCandidates(hierarchies: readonly Hierarchy[], { width, height }: Size): Candidates {
  const votes = new Map<number, number>();
  const shortest = Math.min(width, height, Math.max(width, height) * minSide);
  for (const { boxes, count } of hierarchies) {
    for (let region = 0; region < count; region += 1) {
      const at = region * 4;
      const [left, top] = [boxes[at] ?? 0, boxes[at + 1] ?? 0];
      const [right, bottom] = [boxes[at + 2] ?? 0, boxes[at + 3] ?? 0];
      const isPicture = right - left === width && bottom - top === height;
      if (isPicture || Math.min(right - left, bottom - top) < shortest) continue;
      const box = ((top * width + left) * (height + 1) + bottom) * (width + 1) + right;
      votes.set(box, (votes.get(box) ?? 0) + (region + 1) / count);
    }
  }
  const best = Array.from(votes).sort(([one, a], [other, b]) => b - a || one - other);
  const kept = best.slice(0, maxCandidates);
  const boxes = new Int32Array(kept.length * 4);
  for (const [index, [box]] of kept.entries()) {
    const ends = box % ((height + 1) * (width + 1));
    const start = Math.floor(box / ((height + 1) * (width + 1)));
    boxes.set(
      [start % width, Math.floor(start / width), ends % (width + 1), Math.floor(ends / (width + 1))],
      index * 4,
    );
  }
  return { count: kept.length, boxes, votes: Float32Array.from(kept, ([, vote]) => vote) };
}
