import { seededRandom, shuffle } from '../../shared/random/seeded-random.ts';

/** Indices of the training images and of the test images. */
export interface Fold {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/**
 * Splits images into stratified folds: each image is in the test set of one fold, and each class is spread evenly over the
 * folds. The only image of a class is in every training set, and never tested.
 * @param labels class of each image
 * @param rows indices into `labels` of the images to split
 * @returns `folds` folds, or fewer if there are fewer images to test
 */
export function splitIntoFolds(
  labels: ArrayLike<number>,
  rows: readonly number[],
  { folds, seed }: { folds: number; seed: number },
): Fold[] {
  const random = seededRandom(seed);
  const byClass = [...Map.groupBy(rows, (row) => labels[row] ?? 0)].sort(([a], [b]) => a - b);
  const tests: number[][] = Array.from({ length: folds }, () => []);
  // Each class continues at the fold where the previous one ended, so that folds have equal sizes.
  let next = 0;
  for (const [, members] of byClass) {
    if (members.length < 2) continue;
    for (const row of shuffle(members, random)) {
      tests[next % folds]?.push(row);
      next += 1;
    }
  }
  return tests
    .filter((test) => test.length > 0)
    .map((test) => {
      const tested = new Set(test);
      return { train: rows.filter((row) => !tested.has(row)), test: test.sort((a, b) => a - b) };
    });
}
