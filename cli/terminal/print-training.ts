import type { SkippedImage } from '../../model/finetune/labeled-images.ts';
import type { EpochRecord } from '../../model/train/report/epoch-record.ts';
import { countReasons, describeSkipped } from '../../model/verify/photo-folder.ts';
import { cutLabel } from './cut-label.ts';
import { printTable } from './print-table.ts';
import { duration, images as imagesWord } from './words.ts';

/** What a training came to. */
export interface TrainingReport {
  /** See `modelId`. */
  readonly model: string;
  readonly directory: string;
  readonly trainedFrom: string;
  readonly labels: number;
  readonly images: { readonly train: number; readonly validation: number; readonly test: number };
  readonly leftOut: readonly SkippedImage[];
  /** Labels of one image, which is learnt from and tells nothing of how well. */
  readonly alone: readonly string[];
  /** Numbers of the network, and of these, those that were trained. */
  readonly parameters: number;
  readonly trained: number;
  readonly updates: number;
  /** Of the updates alone. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly peakMemoryBytes: number;
  readonly history: readonly EpochRecord[];
  readonly test?: { readonly accuracy: number; readonly loss: number; readonly mistakes: readonly Mistake[] };
  /** Files of the history. */
  readonly plot: string;
  readonly csv: string;
}

/** Images of one label that were given another. */
export interface Mistake {
  readonly label: string;
  readonly given: string;
  readonly images: number;
}

/** Epochs that are listed at most: the first ones and the last. */
const listed = { first: 3, last: 7 };
/** Of mistakes and of labels of one image. */
const most = 5;
const unknownWidth = Number.POSITIVE_INFINITY;

/** @param columns characters per line; undefined elsewhere than on a terminal */
export function printTraining(report: TrainingReport, columns: number | undefined): void {
  const { images, history, test, updates } = report;
  console.log(`${report.model} in ${report.directory}, trained from ${report.trainedFrom}`);
  const line = describeSkipped(countReasons(report.leftOut.map(({ reason }) => reason)));
  if (line !== undefined) console.log(`${line}; --json names them`);
  printAlone(report.alone);
  console.log(
    `${images.train.toLocaleString('en')} ${imagesWord(images.train)} of ${report.labels} labels, ` +
      `${images.validation.toLocaleString('en')} held out; ${report.trained.toLocaleString('en')} of ` +
      `${report.parameters.toLocaleString('en')} parameters trained`,
  );
  console.log(
    `${history.length} ${history.length === 1 ? 'epoch' : 'epochs'}, ${updates.toLocaleString('en')} updates in ${duration(report.seconds * 1000)} ` +
      `(${report.imagesPerSecond.toFixed(report.imagesPerSecond < 10 ? 1 : 0)} images/s), ${Math.round(report.peakMemoryBytes / 2 ** 20)} MiB at most\n`,
  );
  printHistory(history, columns);
  if (test !== undefined) printTest(images.test, test, columns ?? unknownWidth);
  console.log(`\nloss and accuracy by epoch: ${report.plot} and ${report.csv}`);
}

function printAlone(alone: readonly string[]): void {
  if (alone.length === 0) return;
  const rest = alone.length > most ? ` and ${alone.length - most} more` : '';
  const names = alone.slice(0, most).map(cutLabel).join(', ');
  console.log(`learnt from, but not held out, since there is just one image of it: ${names}${rest}`);
}

function printHistory(history: readonly EpochRecord[], columns: number | undefined): void {
  const isLong = history.length > listed.first + listed.last + 1;
  const shown = isLong ? [...history.slice(0, listed.first), ...history.slice(-listed.last)] : history;
  const number = (value: number | undefined) => (value === undefined ? '' : value.toFixed(4));
  const rows = shown.map((record) => [
    String(record.epoch),
    record.learningRate.toPrecision(2),
    number(record.loss),
    number(record.accuracy),
    number(record.validationLoss),
    number(record.validationAccuracy),
  ]);
  if (isLong) rows.splice(listed.first, 0, ['…', '', '', '', '', '']);
  printTable(['epoch', 'rate', 'loss', 'accuracy', 'held out: loss', 'accuracy'], rows, { columns, rightFrom: 0 });
}

function printTest(
  images: number,
  { accuracy, loss, mistakes }: NonNullable<TrainingReport['test']>,
  columns: number,
): void {
  console.log(
    `\naccuracy on ${images.toLocaleString('en')} test ${imagesWord(images)}: ${accuracy.toFixed(4)} (loss ${loss.toFixed(4)})`,
  );
  const told = mistakes
    .slice(0, most)
    .map(({ label, given, images: count }) => `${cutLabel(label)} as ${cutLabel(given)} ${count}×`);
  if (told.length === 0) return;
  const line = () => `most often wrong: ${told.join(', ')}`;
  // The first is told anyway: two labels that were cut fit.
  while (told.length > 1 && line().length > columns) told.pop();
  console.log(line());
}
