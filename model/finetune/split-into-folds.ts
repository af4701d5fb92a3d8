import { seededRandom, shuffle } from './seeded-random.ts';

/** Images that are learnt from, and those that are asked about afterwards; by their place among all. */
export interface Fold {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/**
 * Parts images so that each is tested once, by what was learnt from the others, and every part has its share of each
 * class. A class of one image cannot be learnt without it: that image is learnt from in every fold, and never tested.
 * @param labels class of each image
 * @param rows images to part, by their place in `labels`
 * @returns as many folds as asked for, or fewer where no class has so many images
 */
export function splitIntoFolds(
  labels: ArrayLike<number>,
  rows: readonly number[],
  { folds, seed }: { folds: number; seed: number },
): Fold[] {
  const random = seededRandom(seed);
  const byClass = [...Map.groupBy(rows, (row) => labels[row] ?? 0)].sort(([one], [other]) => one - other);
  const tests: number[][] = Array.from({ length: folds }, () => []);
  // Each class goes on where the one before it ended, so that folds are equally large.
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
      return { train: rows.filter((row) => !tested.has(row)), test: test.sort((one, other) => one - other) };
    });
}
