import { amount } from '../../jobs/cost/line.ts';
import type { Drift } from '../../results/questions/measure-drift.ts';
import { countOf } from './count-of.ts';
import { cutLabel } from './cut-label.ts';
import { printTable } from './print-table.ts';

/** Maximum rows of each table. */
const maxRows = 10;
const unknownWidth = 100;
/** Minimum width of a name, so that two fit next to each other. */
const minName = 12;

/** @param columns see `terminalColumns` */
export function printDrift(drift: Drift, columns: number | undefined): void {
  const { from, to, images, same, sharesLabels, probabilityChange, cosine, compared, transitions, others } = drift;
  const width = columns ?? unknownWidth;
  console.log(`from ${from.model} to ${to.model}: ${countOf(images, 'image')} classified by both`);
  for (const pair of others) {
    console.log(`${countOf(pair.images, 'image')} not compared: ${describePair(pair)}`);
  }
  if (images === 0) return;
  if (sharesLabels) console.log(`same label: ${amount(same)}, ${percent(same / images)}`);
  else console.log('the models have no label in common, so the table is a cross-tabulation');
  if (probabilityChange !== null) {
    console.log(`probability of the best label: mean difference ${probabilityChange.toFixed(3)}`);
  }
  const sample = compared < images ? ` of ${amount(compared)} images` : '';
  if (cosine !== null) console.log(`embeddings: mean cosine ${cosine.toFixed(4)}${sample}`);
  else console.log('embeddings: different sizes');
  if (sharesLabels) printLabels(drift, width);
  const half = Math.max(minName, Math.floor((width - 12) / 2));
  const rows = transitions
    .slice(0, maxRows)
    .map((pair) => [cutLabel(pair.from, half), cutLabel(pair.to, half), amount(pair.images)]);
  if (rows.length > 0) {
    console.log(sharesLabels ? '\nChanged labels:\n' : '\nCross-tabulation of labels:\n');
    printTable(['from', 'to', 'images'], rows, { columns });
    more(transitions.length);
  }
  printMoved(drift, width);
}

function describePair({ from, to }: Drift['others'][number]): string {
  const outcome = (status: string) => (status === 'none' ? 'not processed' : status);
  if (from === to) return `${outcome(from)} by both models`;
  return `${outcome(from)} by the first model, ${outcome(to)} by the second`;
}

function printLabels({ labels }: Drift, width: number): void {
  const name = Math.max(minName, width - 28);
  const rows = labels
    .slice(0, maxRows)
    .map(({ label, images, same }) => [cutLabel(label, name), amount(images), percent(same / images)]);
  console.log('\nAgreement by label of the first model:\n');
  printTable(['label', 'images', 'same'], rows, { columns: width, rightFrom: 1 });
  more(labels.length);
}

function printMoved({ moved }: Drift, width: number): void {
  if (moved.length === 0) return;
  const name = Math.max(minName, Math.floor((width - 20) / 3));
  console.log('\nMost confident disagreements:\n');
  const rows = moved
    .slice(0, maxRows)
    .map(({ key, from, fromProbability, to, toProbability }) => [
      key.length <= name ? cutLabel(key, name) : `…${cutLabel(key.slice(1 - name), name)}`,
      cutLabel(from, name),
      fromProbability.toFixed(2),
      cutLabel(to, name),
      toProbability.toFixed(2),
    ]);
  printTable(['key', 'from', '', 'to', ''], rows, { columns: width });
}

function more(count: number): void {
  if (count > maxRows) console.log(`… and ${amount(count - maxRows)} more: --json lists all`);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
