import type { EpochRecord } from '../../model/train/report/epoch-record.ts';
import { countReasons, describeSkipped } from '../../model/verify/photo-folder.ts';
import type { TrainingReport } from '../engine/train/training-report.ts';
import { countOf } from './count-of.ts';
import { cutLabel } from './cut-label.ts';
import { duration } from './duration.ts';
import { printTable } from './print-table.ts';
import { rateText } from './rate-text.ts';

/** Number of first and last epochs to print. */
const maxEpochs = { first: 3, last: 7 };
/** Maximum number of mistakes, and of labels with one image, to print. */
const maxListed = 5;
const unknownWidth = Number.POSITIVE_INFINITY;

/** @param columns terminal width in characters; undefined without a terminal */
export function printTraining(report: TrainingReport, columns: number | undefined): void {
  const { images, history, test, updates } = report;
  console.log(`${report.model} in ${report.directory}, trained from ${report.trainedFrom}`);
  const line = describeSkipped(countReasons(report.leftOut.map(({ reason }) => reason)));
  if (line !== undefined) console.log(`${line}; --json lists them`);
  printSingleImageLabels(report.alone);
  console.log(
    `${countOf(images.train, 'image')} of ${report.labels} labels, ` +
      `${images.validation.toLocaleString('en')} held out; ${report.trained.toLocaleString('en')} of ` +
      `${report.parameters.toLocaleString('en')} parameters trained`,
  );
  console.log(
    `${countOf(history.length, 'epoch')}, ${countOf(updates, 'update')} in ${duration(report.seconds * 1000)} ` +
      `(${rateText(report.imagesPerSecond, ' images')}), ${Math.round(report.peakMemoryBytes / 2 ** 20)} MiB peak memory\n`,
  );
  printHistory(history, columns);
  if (test !== undefined) printTest(images.test, test, columns ?? unknownWidth);
  console.log(`\nloss and accuracy by epoch: ${report.plot} and ${report.csv}`);
}

function printSingleImageLabels(labels: readonly string[]): void {
  if (labels.length === 0) return;
  const rest = labels.length > maxListed ? ` and ${labels.length - maxListed} more` : '';
  const names = labels
    .slice(0, maxListed)
    .map((label) => cutLabel(label))
    .join(', ');
  console.log(`labels with only one image, which is never held out: ${names}${rest}`);
}

function printHistory(history: readonly EpochRecord[], columns: number | undefined): void {
  const isLong = history.length > maxEpochs.first + maxEpochs.last + 1;
  const shown = isLong ? [...history.slice(0, maxEpochs.first), ...history.slice(-maxEpochs.last)] : history;
  const number = (value: number | undefined) => (value === undefined ? '' : value.toFixed(4));
  const rows = shown.map((record) => [
    String(record.epoch),
    record.learningRate.toPrecision(2),
    number(record.loss),
    number(record.accuracy),
    number(record.validationLoss),
    number(record.validationAccuracy),
  ]);
  if (isLong) rows.splice(maxEpochs.first, 0, ['…', '', '', '', '', '']);
  printTable(['epoch', 'rate', 'loss', 'accuracy', 'held-out loss', 'accuracy'], rows, { columns, rightFrom: 0 });
}

function printTest(
  images: number,
  { accuracy, loss, mistakes }: NonNullable<TrainingReport['test']>,
  columns: number,
): void {
  console.log(`\naccuracy on ${countOf(images, 'test image')}: ${accuracy.toFixed(4)} (loss ${loss.toFixed(4)})`);
  const texts = mistakes
    .slice(0, maxListed)
    .map(({ label, given, images: count }) => `${cutLabel(label)} as ${cutLabel(given)} ${count}×`);
  if (texts.length === 0) return;
  const line = () => `most often wrong: ${texts.join(', ')}`;
  // The first one is always printed: two cut labels fit on a line.
  while (texts.length > 1 && line().length > columns) texts.pop();
  console.log(line());
}
