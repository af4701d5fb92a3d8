import type { CrossValidation } from '../../model/finetune/cross-validate.ts';
import { countReasons, describeSkipped } from '../../model/verify/photo-folder.ts';
import type { FinetuneReport } from '../engine/finetune/finetune.ts';
import { countOf } from './count-of.ts';
import { cutLabel } from './cut-label.ts';
import { printTable } from './print-table.ts';

const maxListed = 5;
/** Of the confusion matrix. */
const maxClasses = 30;
const unknownWidth = 100;

/** @param columns terminal width in characters; undefined without a terminal */
export function printFinetune(report: FinetuneReport, columns: number | undefined): void {
  const { model, directory, images, stored, computed, labels, leftOut, crossValidation } = report;
  console.log(`${model} in ${directory}, finetuned from ${report.finetunedFrom}`);
  const line = describeSkipped(countReasons(leftOut.map(({ reason }) => reason)));
  if (line !== undefined) console.log(`${line}; --json lists them`);
  console.log(
    `${countOf(images, 'image')} of ${labels.length} labels: ${stored} embeddings from the store, ${computed} computed`,
  );
  console.log(cropsLine(report));
  for (const text of layersLines(report)) console.log(text);
  const single = labels.filter((label) => label.images === 1).map(({ label }) => label);
  if (single.length > 0) {
    const names = single.slice(0, maxListed).join(', ');
    const more = single.length > maxListed ? ` and ${single.length - maxListed} more` : '';
    console.log(`labels with only one image, which is never tested: ${names}${more}`);
  }
  printAccuracy(crossValidation);
  printUnconverged(report);
  printMatrix(report, columns ?? unknownWidth);
  printMistakes(crossValidation);
}

function cropsLine({ learnedCrops, crops }: FinetuneReport): string {
  const cost =
    crops === 1
      ? 'runs the network once per image'
      : `averages ${crops} crops: runs the network ${crops} times per image`;
  return `learned from ${countOf(learnedCrops, 'crop')} per image; the model ${cost}`;
}

function layersLines({ layers, layersChosen, embeddingSize }: FinetuneReport): string[] {
  if (layers === 1) return layersChosen ? ['reads one inception module: three were not more accurate'] : [];
  const why = layersChosen ? ', which were more accurate than one' : '';
  return [
    `reads ${layers} inception modules${why}: rows store ${embeddingSize.toLocaleString('en')} numbers each`,
    'stored rows cannot be relabeled by it: give --layers 1 or --store for a model that can',
  ];
}

function printAccuracy({ accuracy, deviation, folds, tested, guessing }: CrossValidation): void {
  console.log(
    `cross-validated accuracy ${accuracy.toFixed(3)} ± ${deviation.toFixed(3)} (${folds.length} folds, ` +
      `${countOf(tested, 'image')}); majority-class baseline ${guessing.toFixed(3)}`,
  );
}

function printUnconverged({ converged, crossValidation: { folds } }: FinetuneReport): void {
  const unconverged = folds.filter((fold) => !fold.converged).length;
  const fits = [
    ...(converged ? [] : ['the model']),
    ...(unconverged === 0 ? [] : [`${unconverged} of ${folds.length} folds`]),
  ];
  if (fits.length === 0) return;
  console.log(
    `the fit of ${fits.join(' and of ')} did not converge: more images per label, or labels that overlap less, may ` +
      'improve the accuracy',
  );
}

/** Prints the confusion matrix, cut to the columns that fit. */
function printMatrix({ labels, crossValidation }: FinetuneReport, columns: number): void {
  const { counts, recall } = crossValidation.confusion;
  const names = labels.map(({ label }) => cutLabel(label));
  const widest = Math.max(...names.map(({ length }) => length));
  const numbers = names.map((_, index) => String(index + 1));
  const digits = Math.max(...counts.flat().map((count) => String(count).length), String(labels.length).length);
  const room = Math.floor((columns - widest - digits - 2 * 4 - 2 * 6) / (digits + 2));
  const shown = Math.min(labels.length, Math.max(room, 0), maxClasses);
  const rows = names.slice(0, maxClasses).map((name, index) => {
    const share = recall[index];
    const cells = counts[index]?.slice(0, shown).map((count) => (count === 0 ? '·' : String(count))) ?? [];
    return [numbers[index] ?? '', name, ...cells, share === undefined ? 'none' : share.toFixed(2)];
  });
  console.log('\nConfusion matrix (rows: true label, columns: predicted label):\n');
  printTable(['', 'label', ...numbers.slice(0, shown), 'recall'], rows, { columns, rightFrom: 2 });
  if (shown < labels.length || maxClasses < labels.length) {
    const rest = labels.length - Math.min(labels.length, maxClasses);
    const lines = rest > 0 ? `; ${rest} more labels` : '';
    console.log(`columns of ${shown} of ${labels.length} labels${lines} (--json has all)`);
  }
}

function printMistakes({ confusion: { mistakes } }: CrossValidation): void {
  if (mistakes.length === 0) return;
  const texts = mistakes
    .slice(0, maxListed)
    .map(({ label, given, images }) => `${cutLabel(label)} as ${cutLabel(given)} ${images}×`);
  console.log(`\nmost often wrong: ${texts.join(', ')}`);
}
