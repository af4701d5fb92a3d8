import { chooseHead, type HeadCandidates, type HeadChoice } from './choose-head.ts';
import { type Confusion, confusionOf, type TestedImage } from './confusion.ts';
import { fitHead, scalingOf } from './fit-head.ts';
import { type ImageExamples, imageClasses, predictImages, rowsOfImages } from './image-examples.ts';
import type { HeadMath } from './open-head-math.ts';
import { splitIntoFolds } from './split-into-folds.ts';

export interface CrossValidation {
  /** Mean accuracy over the folds. */
  readonly accuracy: number;
  /** Standard deviation of the accuracy over the folds. */
  readonly deviation: number;
  readonly folds: readonly FoldOutcome[];
  /** Number of tested images: all except the only image of a class. */
  readonly tested: number;
  /** Accuracy of the majority-class baseline. */
  readonly guessing: number;
  /** Of all folds together. */
  readonly confusion: Confusion;
}

/** The head was chosen on the other folds. */
export interface FoldOutcome extends HeadChoice {
  readonly images: number;
  readonly accuracy: number;
  readonly converged: boolean;
}

export interface CrossValidationOptions extends HeadCandidates {
  readonly folds: number;
  /** Of each fit, see `minimize`. */
  readonly maxIterations?: number | undefined;
  /** Called before each fold. @param fold from 1 @param count number of folds */
  readonly onFold?: (fold: number, count: number) => void;
}

/**
 * Nested, stratified cross-validation: each fold is predicted by a head whose input, scaling and penalty were chosen on the
 * other folds.
 */
export async function crossValidate(
  math: HeadMath,
  examples: ImageExamples,
  labels: readonly string[],
  { folds, seed, embeddingSizes, maxIterations, onFold }: CrossValidationOptions,
): Promise<CrossValidation> {
  const { size, classes, crops } = examples;
  const classOf = imageClasses(examples);
  const tested: TestedImage[] = [];
  const outcomes: FoldOutcome[] = [];
  const splits = splitIntoFolds(classOf, [...classOf.keys()], { folds, seed });
  for (const [index, { train, test }] of splits.entries()) {
    onFold?.(index + 1, splits.length);
    const choice = await chooseHead(math, examples, train, { embeddingSizes, seed });
    const rows = rowsOfImages(train, examples);
    const scaling = await scalingOf(math, rows, choice.embeddingSize);
    const options = { rows, size, classes, strength: choice.strength * crops, maxIterations };
    const { head, converged } = await fitHead(math, scaling, options);
    let correct = 0;
    for (const [position, predicted] of (await predictImages(math, test, examples, head)).entries()) {
      const actual = classOf[test[position] ?? 0] ?? 0;
      tested.push({ actual, predicted });
      if (predicted === actual) correct += 1;
    }
    outcomes.push({ images: test.length, accuracy: correct / test.length, ...choice, converged });
  }
  const accuracies = outcomes.map(({ accuracy }) => accuracy);
  const accuracy = mean(accuracies);
  const spread = accuracies.reduce((sum, value) => sum + (value - accuracy) ** 2, 0);
  const confusion = confusionOf(labels, tested);
  const largest = Math.max(...confusion.counts.map((row) => row.reduce((sum, count) => sum + count, 0)));
  return {
    accuracy,
    deviation: accuracies.length < 2 ? 0 : Math.sqrt(spread / (accuracies.length - 1)),
    folds: outcomes,
    tested: tested.length,
    guessing: largest / tested.length,
    confusion,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
