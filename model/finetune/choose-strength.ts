import { fitHead, scalingOf } from './fit-head.ts';
import type { Examples } from './linear-head.ts';
import type { HeadMath } from './open-head-math.ts';
import { seededRandom, shuffle } from './seeded-random.ts';
import { splitIntoFolds } from './split-into-folds.ts';

/** Penalties that are tried, strongest first: each fit begins where the one before it ended. */
const strengths: readonly number[] = [10, 1, 0.1, 0.01, 0.001];

/** Folds of the choice; three, since it is made anew for each fold of the cross-validation around it. */
const innerFolds = 3;
/** The best penalty hardly depends on how many images there are beyond these, and the choice would take hours. */
const mostImages = 3000;

/**
 * The penalty by which images that were not learnt from are told best, by cross-validation within `rows` alone; of equals
 * the strongest.
 */
export async function chooseStrength(
  math: HeadMath,
  examples: Examples,
  rows: readonly number[],
  seed: number,
): Promise<number> {
  const { size, classes } = examples;
  const labels = Array.from(examples.labels, Number);
  const some = rows.length <= mostImages ? rows : shuffle(rows, seededRandom(seed)).slice(0, mostImages);
  const right = strengths.map(() => 0);
  for (const { train, test } of splitIntoFolds(labels, some, { folds: innerFolds, seed })) {
    const scaling = await scalingOf(math, train);
    let from: Float64Array | undefined;
    for (const [at, strength] of strengths.entries()) {
      const fit = await fitHead(math, scaling, { rows: train, size, classes, strength, from });
      from = fit.point;
      const found = await math.best(test, fit.head);
      right[at] = (right[at] ?? 0) + found.filter((own, index) => own === labels[test[index] ?? 0]).length;
    }
  }
  return strengths[right.indexOf(Math.max(...right))] ?? 1;
}
