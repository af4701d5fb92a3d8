import { chooseStrength } from './choose-strength.ts';
import { type Confusion, confusionOf } from './confusion.ts';
import { fitHead, scalingOf } from './fit-head.ts';
import type { Examples } from './linear-head.ts';
import type { HeadMath } from './open-head-math.ts';
import { splitIntoFolds } from './split-into-folds.ts';

/** How well images are told by what was learnt from others. */
export interface CrossValidation {
  /** Mean over the folds of the share that was told right. */
  readonly accuracy: number;
  /** Standard deviation of that share over the folds. */
  readonly deviation: number;
  readonly folds: readonly FoldOutcome[];
  /** Images that were tested: all but those that are alone in their class. */
  readonly tested: number;
  /** Share that would be told right by calling all by the most frequent label. */
  readonly guessing: number;
  /** Of all folds together. */
  readonly confusion: Confusion;
}

export interface FoldOutcome {
  readonly images: number;
  readonly accuracy: number;
  /** The penalty, chosen without the images of this fold. */
  readonly strength: number;
  /** Whether what was learnt is all that there was to learn: not so where the fit was stopped, see `minimize`. */
  readonly converged: boolean;
}

export interface CrossValidationOptions {
  readonly folds: number;
  readonly seed: number;
  /** Of each fit, see `minimize`. */
  readonly maxIterations?: number | undefined;
  /** Called before each fold with its number, from 1, and how many there are. */
  readonly onFold?: (fold: number, of: number) => void;
}

/** Nested cross-validation: each fold is told by a head, scaling and penalty for which none of its images was looked at. */
export async function crossValidate(
  math: HeadMath,
  examples: Examples,
  labels: readonly string[],
  { folds, seed, maxIterations, onFold }: CrossValidationOptions,
): Promise<CrossValidation> {
  const { size, classes } = examples;
  const own = Array.from(examples.labels, Number);
  const answers: { own: number; given: number }[] = [];
  const outcomes: FoldOutcome[] = [];
  const parted = splitIntoFolds(own, [...own.keys()], { folds, seed });
  for (const [index, { train, test }] of parted.entries()) {
    onFold?.(index + 1, parted.length);
    const strength = await chooseStrength(math, examples, train, seed);
    const scaling = await scalingOf(math, train);
    const { head, converged } = await fitHead(math, scaling, { rows: train, size, classes, strength, maxIterations });
    const given = await math.best(test, head);
    const told = test.map((row, at) => ({ own: own[row] ?? 0, given: given[at] ?? 0 }));
    for (const answer of told) answers.push(answer);
    const right = told.filter((answer) => answer.own === answer.given).length;
    outcomes.push({ images: test.length, accuracy: right / test.length, strength, converged });
  }
  const accuracies = outcomes.map(({ accuracy }) => accuracy);
  const accuracy = mean(accuracies);
  const spread = accuracies.reduce((sum, value) => sum + (value - accuracy) ** 2, 0);
  const confusion = confusionOf(labels, answers);
  const largest = Math.max(...confusion.counts.map((row) => row.reduce((sum, count) => sum + count, 0)));
  return {
    accuracy,
    deviation: accuracies.length < 2 ? 0 : Math.sqrt(spread / (accuracies.length - 1)),
    folds: outcomes,
    tested: answers.length,
    guessing: largest / answers.length,
    confusion,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
