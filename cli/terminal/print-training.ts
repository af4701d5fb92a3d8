import type { LeftOutImage } from '../../model/finetune/labelled-images.ts';
import type { EpochRecord } from '../../model/train/report/epoch-record.ts';
import { countReasons, describeLeftOut } from '../../model/verify/photo-folder.ts';
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
  readonly leftOut: readonly LeftOutImage[];
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
const mistakesListed = 5;

/** @param columns characters per line; undefined elsewhere than on a terminal */
export function printTraining(report: TrainingReport, columns: number | undefined): void {
  const { images, history, test, updates } = report;
  console.log(`${report.model} in ${report.directory}, trained from ${report.trainedFrom}`);
  const line = describeLeftOut(countReasons(report.leftOut.map(({ reason }) => reason)));
  if (line !== undefined) console.log(`${line}; --json names them`);
  if (report.alone.length > 0) {
    console.log(
      `learnt from, but not held out, since there is just one image of it: ${report.alone.slice(0, 5).join(', ')}`,
    );
  }
  console.log(
    `${images.train.toLocaleString('en')} ${imagesWord(images.train)} of ${report.labels} labels, ` +
      `${images.validation.toLocaleString('en')} held out; ${report.trained.toLocaleString('en')} of ` +
      `${report.parameters.toLocaleString('en')} parameters trained`,
  );
  console.log(
    `${history.length} epochs, ${updates.toLocaleString('en')} updates in ${duration(report.seconds * 1000)} ` +
      `(${report.imagesPerSecond.toFixed(0)} images/s), ${Math.round(report.peakMemoryBytes / 2 ** 20)} MiB at most\n`,
  );
  printHistory(history, columns);
  if (test !== undefined) printTest(images.test, test);
  console.log(`\nloss and accuracy by epoch: ${report.plot} and ${report.csv}`);
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

function printTest(images: number, { accuracy, loss, mistakes }: NonNullable<TrainingReport['test']>): void {
  console.log(
    `\naccuracy on ${images.toLocaleString('en')} test images: ${accuracy.toFixed(4)} (loss ${loss.toFixed(4)})`,
  );
  const most = mistakes
    .slice(0, mistakesListed)
    .map(({ label, given, images: count }) => `${label} as ${given} ${count}×`);
  if (most.length > 0) console.log(`most often wrong: ${most.join(', ')}`);
}
