import type { SkippedImage } from '../../../model/finetune/labeled-images.ts';
import type { LabeledPixels } from '../../../model/train/data/pixel-store.ts';
import type { TrainingData } from '../../../model/train/data/training-data.ts';
import type { ImagesPerLabel } from '../../../model/train/plan/images-per-label.ts';
import type { TrainingPlan } from '../../../model/train/plan/training-plan.ts';
import type { EpochRecord } from '../../../model/train/report/epoch-record.ts';
import type { Trained } from '../../../model/train/train-model.ts';
import { uniqueNames } from '../../../shared/models/label-name.ts';

/** Outcome of training. */
export interface TrainingReport extends PlanReport {
  /** See `modelId`. */
  readonly model: string;
  readonly directory: string;
  readonly trainedFrom: string;
  readonly labels: number;
  readonly images: { readonly train: number; readonly validation: number; readonly test: number };
  readonly leftOut: readonly SkippedImage[];
  /** Labels with only one image, which is never held out. */
  readonly alone: readonly string[];
  /** Number of parameters of the network, and number of trained parameters. */
  readonly parameters: number;
  readonly trained: number;
  /** What computed the updates. */
  readonly provider: Trained['provider'];
  readonly updates: number;
  /** Time of the updates, without validation. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly peakMemoryBytes: number;
  readonly history: readonly EpochRecord[];
  readonly test?: { readonly accuracy: number; readonly loss: number; readonly mistakes: readonly Mistake[] };
  /** Paths of the history files. */
  readonly plot: string;
  readonly csv: string;
}

/** What was known before the first update. */
export interface PlanReport {
  readonly batch: number;
  /** Maximum learning rate. */
  readonly rate: number;
  readonly updatesPerEpoch: number;
  readonly imagesPerLabel: Pick<ImagesPerLabel, 'fewest' | 'median' | 'most'>;
  readonly warnings: readonly string[];
}

/** Number of images of a label that were predicted as another one. */
export interface Mistake {
  readonly label: string;
  /** The predicted label. */
  readonly given: string;
  readonly images: number;
}

/** What a report needs of the images. */
export interface ReportedData extends Pick<TrainingData, 'labels' | 'leftOut'> {
  readonly train: CountedImages;
  readonly validation: CountedImages;
  readonly test: CountedImages | undefined;
}

interface CountedImages extends Pick<LabeledPixels, 'classes'> {
  readonly images: Pick<LabeledPixels['images'], 'count'>;
}

export type NameOfLabel = (label: { readonly label_id: string; readonly label: string }) => string;

/** What a plan adds to a report. */
export function planReport({ recipe, labels, updatesPerEpoch, warnings }: TrainingPlan): PlanReport {
  const { fewest, median, most } = labels;
  const { batch, schedule } = recipe;
  return { batch, rate: schedule.rate, updatesPerEpoch, imagesPerLabel: { fewest, median, most }, warnings };
}

/** @param nameOf how a label is shown; one whose text others have too is followed by its id */
export function labelNamesOf(labels: TrainingData['labels'], nameOf: NameOfLabel = ({ label }) => label): string[] {
  const named = labels.map(({ id, name }) => ({ id, name: nameOf({ label_id: id, label: name }) }));
  return named.map(uniqueNames(named));
}

/**
 * @param trainedFrom see `modelId`
 * @param nameOf see `labelNamesOf`
 */
export function reportOf(
  { train: trainingSet, validation, test, labels, leftOut }: ReportedData,
  { history, parameters, provider, trained, updates, test: tested }: Omit<Trained, 'network' | 'finished'>,
  trainedFrom: string,
  nameOf?: NameOfLabel,
): Omit<TrainingReport, keyof PlanReport | 'model' | 'directory' | 'plot' | 'csv'> {
  const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
  const samples = history.reduce((sum, record) => sum + record.seconds * record.imagesPerSecond, 0);
  const counts = new Uint32Array(labels.length);
  for (const label of [...trainingSet.classes, ...validation.classes]) counts[label] = (counts[label] ?? 0) + 1;
  const names = labelNamesOf(labels, nameOf);
  const alone = names.filter((_, index) => counts[index] === 1);
  return {
    trainedFrom,
    labels: labels.length,
    images: { train: trainingSet.images.count, validation: validation.images.count, test: test?.images.count ?? 0 },
    leftOut,
    alone,
    parameters,
    provider,
    trained,
    updates,
    seconds,
    imagesPerSecond: samples / seconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    history,
    ...(tested === undefined || test === undefined
      ? {}
      : {
          test: {
            accuracy: tested.accuracy,
            loss: tested.loss,
            mistakes: mistakesOf(test.classes, tested.predicted, names),
          },
        }),
  };
}

function mistakesOf(truth: Uint16Array, given: Uint16Array, names: readonly string[]): Mistake[] {
  const wrong = [...truth.keys()].filter((index) => truth[index] !== given[index]);
  const name = (index: number | undefined) => names[index ?? -1] ?? '';
  const pairs = Map.groupBy(wrong, (index) => `${truth[index]} ${given[index]}`);
  return Array.from(pairs.values(), (images) => {
    const [first = 0] = images;
    return { label: name(truth[first]), given: name(given[first]), images: images.length };
  }).sort((a, b) => b.images - a.images);
}
