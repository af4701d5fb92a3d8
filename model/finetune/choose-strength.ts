import { seededRandom, shuffle } from '../../shared/random/seeded-random.ts';
import { fitHead, scalingOf } from './fit-head.ts';
import { type ImageExamples, imageClasses, predictImages, rowsOfImages } from './image-examples.ts';
import type { HeadMath } from './open-head-math.ts';
import { splitIntoFolds } from './split-into-folds.ts';

/** Candidates, per crop of an image, strongest first; each fit starts from the result of the previous one. */
const strengths: readonly number[] = [10, 1, 0.1, 0.01, 0.001];

/** Only three, because the outer cross-validation repeats the choice for each of its folds. */
const innerFolds = 3;
/** With more images, the best penalty hardly changes, but the choice would take hours. */
const maxImages = 3000;

/**
 * Chooses the L2 penalty with the best held-out accuracy, by cross-validation within `images`; the strongest of equally
 * good ones.
 */
export async function chooseStrength(
  math: HeadMath,
  examples: ImageExamples,
  images: readonly number[],
  seed: number,
): Promise<number> {
  const { size, classes, crops } = examples;
  const labels = imageClasses(examples);
  const sample = images.length <= maxImages ? images : shuffle(images, seededRandom(seed)).slice(0, maxImages);
  const correct = strengths.map(() => 0);
  for (const { train, test } of splitIntoFolds(labels, sample, { folds: innerFolds, seed })) {
    const rows = rowsOfImages(train, examples);
    const scaling = await scalingOf(math, rows);
    let start: Float64Array | undefined;
    for (const [index, strength] of strengths.entries()) {
      const fit = await fitHead(math, scaling, { rows, size, classes, strength: strength * crops, start });
      start = fit.point;
      const predicted = await predictImages(math, test, examples, fit.head);
      const hits = predicted.filter((label, position) => label === labels[test[position] ?? 0]);
      correct[index] = (correct[index] ?? 0) + hits.length;
    }
  }
  return strengths[correct.indexOf(Math.max(...correct))] ?? 1;
}
