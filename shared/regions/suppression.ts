import type { Candidates } from './candidates.ts';
import { overlapInList } from './intersection-over-union.ts';

/** A box that overlaps a better one by more is the same box. */
const duplicate = 0.95;
/** How quickly a box's score falls with its overlap with a better one: to `1 - overlap ** steepness`. */
const firstSteepness = 4;
/** After as many boxes the steepness has grown by `firstSteepness`: the first boxes differ most, later ones refine them. */
const boxesPerStep = 100;

/** Index and score of each box, best first. */
export interface RankedBox {
  readonly index: number;
  readonly score: number;
}

/**
 * Takes the best box, lowers the scores of those that overlap it, and goes on (Soft-NMS: Bodla, Singh, Chellappa and Davis, ICCV 2017).
 * So the first boxes are about different places.
 */
export function rankDistinct({ count, boxes }: Candidates, objectness: Float32Array, max: number): RankedBox[] {
  const scores = objectness.slice();
  const ranked: RankedBox[] = [];
  while (ranked.length < max) {
    let best = 0;
    for (let box = 1; box < count; box += 1) if ((scores[box] ?? 0) > (scores[best] ?? 0)) best = box;
    const score = scores[best] ?? 0;
    if (score <= 0) break;
    ranked.push({ index: best, score });
    scores[best] = 0;
    const steepness = firstSteepness * (1 + ranked.length / boxesPerStep);
    for (let box = 0; box < count; box += 1) {
      if (scores[box] === 0) continue;
      const overlap = overlapInList(boxes, best, box);
      scores[box] = overlap > duplicate ? 0 : (scores[box] ?? 0) * (1 - overlap ** steepness);
    }
  }
  return ranked;
}
