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

export interface HeadChoice {
  /** L2 penalty per crop of an image. */
  readonly strength: number;
  /** Numbers that the head reads, from the start of each embedding. */
  readonly embeddingSize: number;
}

export interface HeadCandidates {
  /** Numbers that a head may read, from the start of each embedding. @default all of them */
  readonly embeddingSizes?: readonly number[] | undefined;
  readonly seed: number;
}

/**
 * Chooses what a head reads and its penalty by their held-out accuracy, in a cross-validation within `images`. Of equally good ones the
 * first size is chosen, and its strongest penalty.
 */
export async function chooseHead(
  math: HeadMath,
  examples: ImageExamples,
  images: readonly number[],
  { embeddingSizes = [examples.size], seed }: HeadCandidates,
): Promise<HeadChoice> {
  const { size, classes, crops } = examples;
  const labels = imageClasses(examples);
  const sample = images.length <= maxImages ? images : shuffle(images, seededRandom(seed)).slice(0, maxImages);
  const candidates = embeddingSizes.flatMap((embeddingSize) =>
    strengths.map((strength) => ({ strength, embeddingSize, correct: 0 })),
  );
  for (const { train, test } of splitIntoFolds(labels, sample, { folds: innerFolds, seed })) {
    const rows = rowsOfImages(train, examples);
    for (const embeddingSize of embeddingSizes) {
      const scaling = await scalingOf(math, rows, embeddingSize);
      let start: Float64Array | undefined;
      for (const candidate of candidates.filter((each) => each.embeddingSize === embeddingSize)) {
        const strength = candidate.strength * crops;
        const fit = await fitHead(math, scaling, { rows, size, classes, strength, start });
        start = fit.point;
        const predicted = await predictImages(math, test, examples, fit.head);
        candidate.correct += predicted.filter((label, position) => label === labels[test[position] ?? 0]).length;
      }
    }
  }
  const most = Math.max(...candidates.map(({ correct }) => correct));
  const chosen = candidates.find(({ correct }) => correct === most);
  if (chosen === undefined) throw new RangeError('no embedding size to choose from');
  return { strength: chosen.strength, embeddingSize: chosen.embeddingSize };
}
