import { seededRandom, shuffle } from '../../../shared/random/seeded-random.ts';
import { fitHead, scalingOf } from '../../finetune/fit-head.ts';
import type { LinearHead } from '../../finetune/linear-head.ts';
import type { HeadMath } from '../../finetune/open-head-math.ts';

/** Rows by what they are examples of. */
export interface TrainingRows {
  readonly objects: readonly number[];
  readonly background: readonly number[];
}

export interface FitDetectorOptions {
  readonly size: number;
  /** Labels and the background, which is the last class. */
  readonly classes: number;
  readonly strength: number;
  readonly seed: number;
  /** Of each fit, see `minimize`. */
  readonly maxIterations?: number | undefined;
}

export interface FittedDetector {
  readonly head: LinearHead;
  readonly converged: boolean;
  /** Number of background regions that the last fit used. */
  readonly background: number;
  readonly rounds: number;
}

/** Background regions of the first round for each region of an object: the ratio of the batches in the R-CNN paper, 96 to 32. */
const backgroundPerObject = 3;
/** A background region is hard if the network is less sure than this that it is background. */
const sureProbability = 0.9;
const maxRounds = 5;

/**
 * Fits a last layer to regions, with hard negatives: almost all regions are background and most are easy, so that each round adds only
 * those on which the previous fit was wrong or unsure (Felzenszwalb et al., Object detection with discriminatively trained part-based
 * models, section 4.4). Ends when no background region is left to add.
 */
export async function fitDetector(
  math: HeadMath,
  { objects, background }: TrainingRows,
  { size, classes, strength, seed, maxIterations }: FitDetectorOptions,
): Promise<FittedDetector> {
  const shuffled = shuffle(background, seededRandom(seed));
  const used = new Set(shuffled.slice(0, backgroundPerObject * objects.length));
  const scaling = await scalingOf(math, [...objects, ...used]);
  let start: Float64Array | undefined;
  for (let round = 1; ; round += 1) {
    const rows = [...objects, ...used];
    const fit = await fitHead(math, scaling, { rows, size, classes, strength, start, maxIterations });
    start = fit.point;
    const rest = background.filter((row) => !used.has(row));
    const probabilities = await math.probabilities(rest, fit.head);
    const hard = rest.filter((_, index) => !((probabilities[(index + 1) * classes - 1] ?? 0) >= sureProbability));
    if (hard.length === 0 || round === maxRounds) {
      return { head: fit.head, converged: fit.converged, background: used.size, rounds: round };
    }
    for (const row of hard) used.add(row);
  }
}
