import type { HeadMath } from '../../finetune/open-head-math.ts';
import { cocoAveragePrecision } from '../evaluate/coco-average-precision.ts';
import { countFound, type FoundCounts } from '../evaluate/count-found.ts';
import { type Detection, mean } from '../evaluate/detection.ts';
import { vocAveragePrecision } from '../evaluate/voc-average-precision.ts';
import { detectObjects, detectWholeImages, type FoundObjects, truthOf } from './detect-objects.ts';
import type { DetectorExamples, DetectorImage } from './detector-examples.ts';
import { splitByImage } from './split-by-image.ts';
import { type TrainDetectorOptions, trainDetector } from './train-detector.ts';

/** Precision on images that were not learned, as a mean over folds. */
export interface Precision {
  /** Average precision at an overlap of 0.5, see `vocAveragePrecision`. */
  readonly at50: number;
  /** Standard deviation of `at50` over the folds. */
  readonly deviation: number;
  /** Average precision over overlaps from 0.5 to 0.95, see `cocoAveragePrecision`. */
  readonly coco: number;
}

export interface DetectorCrossValidation {
  readonly folds: number;
  /** Number of tested images. */
  readonly tested: number;
  /** Boxes as proposed. */
  readonly proposals: Precision;
  /** Boxes moved by box regression; absent if no proposal was close enough to an object to learn it. */
  readonly regression?: Precision;
  /** Baseline: the whole image is the box. */
  readonly wholeImage: Precision;
  /** `at50` of each label over the tested images of all folds together, with the better of both kinds of boxes. */
  readonly labels: readonly { readonly label: string; readonly objects: number; readonly averagePrecision: number }[];
  /** What a run with as many regions keeps of all tested images, with the better of both kinds of boxes. */
  readonly kept: FoundCounts;
}

export interface CrossValidateDetectorOptions extends TrainDetectorOptions {
  readonly folds: number;
  /** Called before each fold. @param fold from 1 @param count number of folds */
  readonly onFold?: ((fold: number, count: number) => void) | undefined;
}

/** Detections in images that were not learned. */
export interface TestOutcome {
  readonly truth: ReturnType<typeof truthOf>;
  readonly proposals: FoundObjects;
  readonly regression: FoundObjects | undefined;
  readonly wholeImage: readonly Detection[];
}

/** Cross-validation by images: each is tested with layers that were fitted to the images of other folds. */
export async function crossValidateDetector(
  math: HeadMath,
  examples: DetectorExamples,
  { folds, onFold, ...options }: CrossValidateDetectorOptions,
): Promise<DetectorCrossValidation> {
  const splits = splitByImage(examples.images, { folds, seed: options.seed });
  const outcomes: TestOutcome[] = [];
  for (const [index, { train, test }] of splits.entries()) {
    onFold?.(index + 1, splits.length);
    outcomes.push(await testOn(math, examples, { train, test }, options));
  }
  const proposals = precisionOf(outcomes, ({ proposals: { detections } }) => detections);
  const hasBoxes = outcomes.every(({ regression }) => regression !== undefined);
  const regression = hasBoxes ? precisionOf(outcomes, (outcome) => outcome.regression?.detections ?? []) : undefined;
  const isMoved = movesBoxes({ proposals, regression });
  const best = outcomes.map((outcome) => (isMoved ? outcome.regression : undefined) ?? outcome.proposals);
  const truth = outcomes.flatMap((outcome) => outcome.truth);
  return {
    folds: splits.length,
    tested: splits.reduce((sum, { test }) => sum + test.length, 0),
    proposals,
    ...(regression && { regression }),
    wholeImage: precisionOf(outcomes, (outcome) => outcome.wholeImage),
    labels: vocAveragePrecision(
      best.flatMap(({ detections }) => detections),
      truth,
    ).labels,
    kept: countFound(
      best.flatMap(({ kept }) => kept),
      truth,
    ),
  };
}

/** Whether a detector moves its boxes: if that does not lower the precision. */
export function movesBoxes({
  proposals,
  regression,
}: {
  readonly proposals: Pick<Precision, 'coco'>;
  readonly regression?: Pick<Precision, 'coco'> | undefined;
}): boolean {
  return regression !== undefined && regression.coco >= proposals.coco;
}

/** Learns from some images and detects objects in others. */
export async function testOn(
  math: HeadMath,
  examples: DetectorExamples,
  { train, test }: { readonly train: readonly DetectorImage[]; readonly test: readonly DetectorImage[] },
  options: TrainDetectorOptions,
): Promise<TestOutcome> {
  const { head, boxes } = await trainDetector(math, examples, train, options);
  return {
    truth: truthOf(test),
    proposals: await detectObjects(math, examples, test, { head }),
    regression: boxes && (await detectObjects(math, examples, test, { head, boxes: boxes.layer })),
    wholeImage: await detectWholeImages(math, examples, test, head),
  };
}

/** Folds without an object have no precision. */
export function precisionOf(
  outcomes: readonly TestOutcome[],
  detectionsOf: (outcome: TestOutcome) => readonly Detection[],
): Precision {
  const tested = outcomes.filter(({ truth }) => truth.some(({ exempt }) => exempt === undefined));
  const at50 = tested.map((outcome) => vocAveragePrecision(detectionsOf(outcome), outcome.truth).mean);
  const coco = tested.map((outcome) => cocoAveragePrecision(detectionsOf(outcome), outcome.truth).averagePrecision);
  const center = mean(at50);
  const squares = at50.reduce((sum, value) => sum + (value - center) ** 2, 0);
  const deviation = at50.length < 2 ? 0 : Math.sqrt(squares / (at50.length - 1));
  return { at50: center, deviation, coco: mean(coco) };
}
