import type { CrossValidation } from '../../model/finetune/cross-validate.ts';
import type { SkippedImage } from '../../model/finetune/labeled-images.ts';
import { countReasons, describeSkipped } from '../../model/verify/photo-folder.ts';
import { cutLabel } from './cut-label.ts';
import { printTable } from './print-table.ts';
import { images as imagesWord } from './words.ts';

/** What a model was taught, and how well it learnt. */
export interface FinetuneReport {
  /** See `modelId`. */
  readonly model: string;
  readonly directory: string;
  readonly finetunedFrom: string;
  /** That were learnt from. */
  readonly images: number;
  /** Of these, those whose embedding was stored. */
  readonly stored: number;
  readonly computed: number;
  readonly labels: readonly { readonly label: string; readonly images: number }[];
  readonly leftOut: readonly SkippedImage[];
  readonly strength: number;
  /** Whether the fit of what was written came to an end. */
  readonly converged: boolean;
  readonly crossValidation: CrossValidation;
}

/** Wrong answers that are listed, and classes of the matrix and of the table of classes, at most. */
const listed = 5;
const maxClasses = 30;
const unknownWidth = 100;

/** @param columns characters per line; undefined elsewhere than on a terminal */
export function printFinetune(report: FinetuneReport, columns: number | undefined): void {
  const { model, directory, images, stored, computed, labels, leftOut, crossValidation } = report;
  console.log(`${model} in ${directory}, finetuned from ${report.finetunedFrom}`);
  const line = describeSkipped(countReasons(leftOut.map(({ reason }) => reason)));
  if (line !== undefined) console.log(`${line}; --json names them`);
  console.log(
    `${images} ${imagesWord(images)} of ${labels.length} labels: ${stored} embeddings were stored, ${computed} computed`,
  );
  const alone = labels.filter((label) => label.images === 1).map(({ label }) => label);
  if (alone.length > 0) {
    const names = alone.slice(0, listed).join(', ');
    const more = alone.length > listed ? ` and ${alone.length - listed} more` : '';
    console.log(`learnt from, but never tested, since there is just one image of it: ${names}${more}`);
  }
  printAccuracy(crossValidation);
  printStopped(report);
  printMatrix(report, columns ?? unknownWidth);
  printMistakes(crossValidation);
}

function printAccuracy({ accuracy, deviation, folds, tested, guessing }: CrossValidation): void {
  console.log(
    `accuracy on images that were not learnt from: ${accuracy.toFixed(3)} ± ${deviation.toFixed(3)} ` +
      `(${folds.length} folds, ${tested} ${imagesWord(tested)}); always the most frequent label: ${guessing.toFixed(3)}`,
  );
}

function printStopped({ converged, crossValidation: { folds } }: FinetuneReport): void {
  const stopped = folds.filter((fold) => !fold.converged).length;
  const which = [
    ...(converged ? [] : ['the model']),
    ...(stopped === 0 ? [] : [`${stopped} of ${folds.length} folds`]),
  ];
  if (which.length === 0) return;
  console.log(
    `the fit of ${which.join(' and of ')} was stopped before its end: with more images a label, or fewer that two ` +
      'labels share, the accuracy may be better',
  );
}

/** Rows are the images' own labels, columns those that they were given; cut to the classes that fit. */
function printMatrix({ labels, crossValidation }: FinetuneReport, columns: number): void {
  const { counts, recall } = crossValidation.confusion;
  const names = labels.map(({ label }) => cutLabel(label));
  const widest = Math.max(...names.map(({ length }) => length));
  const numbers = names.map((_, place) => String(place + 1));
  const digits = Math.max(...counts.flat().map((count) => String(count).length), String(labels.length).length);
  const room = Math.floor((columns - widest - digits - 2 * 4 - 2 * 6) / (digits + 2));
  const shown = Math.min(labels.length, Math.max(room, 0), maxClasses);
  const rows = names.slice(0, maxClasses).map((name, own) => {
    const share = recall[own];
    const cells = counts[own]?.slice(0, shown).map((count) => (count === 0 ? '·' : String(count))) ?? [];
    return [numbers[own] ?? '', name, ...cells, share === undefined ? 'none' : share.toFixed(2)];
  });
  console.log('\nOwn label (row) by the label given (column), and the share given right:\n');
  printTable(['', 'label', ...numbers.slice(0, shown), 'recall'], rows, { columns, rightFrom: 2 });
  if (shown < labels.length || maxClasses < labels.length) {
    const rest = labels.length - Math.min(labels.length, maxClasses);
    const lines = rest > 0 ? `; ${rest} more labels` : '';
    console.log(`columns of ${shown} of ${labels.length} labels${lines}: --json has all`);
  }
}

function printMistakes({ confusion: { mistakes } }: CrossValidation): void {
  if (mistakes.length === 0) return;
  const most = mistakes
    .slice(0, listed)
    .map(({ label, given, images }) => `${cutLabel(label)} as ${cutLabel(given)} ${images}×`);
  console.log(`\nmost often wrong: ${most.join(', ')}`);
}
