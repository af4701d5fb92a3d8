import { amount } from '../../jobs/cost/line.ts';
import type { Drift } from '../../results/questions/measure-drift.ts';
import { printTable } from './print-table.ts';
import { images as imagesWord } from './words.ts';

/** Rows of each table at most. */
const listed = 10;
const unknownWidth = 100;
/** Names are cut to this many characters, so that two fit beside each other. */
const leastName = 12;

/** @param columns characters per line; undefined elsewhere than on a terminal */
export function printDrift(found: Drift, columns: number | undefined): void {
  const { from, to, images, same, sharesLabels, probabilityChange, cosine, compared, transitions, others } = found;
  const width = columns ?? unknownWidth;
  console.log(`from ${from.model} to ${to.model}: ${amount(images)} ${imagesWord(images)} that both classified`);
  for (const pair of others) {
    console.log(`${amount(pair.images)} ${imagesWord(pair.images)} beside: ${pair.from} before, ${pair.to} after`);
  }
  if (images === 0) return;
  if (sharesLabels) console.log(`the same label: ${amount(same)}, ${percent(same / images)}`);
  else console.log('no label is given by both: what follows is a cross-tabulation, not what changed');
  if (probabilityChange !== null) {
    console.log(`probability of the best label: ${probabilityChange.toFixed(3)} apart on average`);
  }
  const over = compared < images ? ` over ${amount(compared)} of them` : '';
  if (cosine !== null) console.log(`embeddings: cosine ${cosine.toFixed(4)} on average${over}`);
  else console.log('embeddings: of different sizes');
  if (sharesLabels) printLabels(found, width);
  const half = Math.max(leastName, Math.floor((width - 12) / 2));
  const rows = transitions
    .slice(0, listed)
    .map((pair) => [cut(pair.from, half), cut(pair.to, half), amount(pair.images)]);
  if (rows.length > 0) {
    console.log(sharesLabels ? '\nWhat changed:\n' : '\nLabel by label:\n');
    printTable(['from', 'to', 'images'], rows, { columns });
    more(transitions.length);
  }
  printMoved(found, width);
}

function printLabels({ labels }: Drift, width: number): void {
  const name = Math.max(leastName, width - 28);
  const rows = labels
    .slice(0, listed)
    .map(({ label, images, same }) => [cut(label, name), amount(images), percent(same / images)]);
  console.log('\nAgreement by label before:\n');
  printTable(['label', 'images', 'the same'], rows, { columns: width, rightFrom: 1 });
  more(labels.length);
}

function printMoved({ moved }: Drift, width: number): void {
  if (moved.length === 0) return;
  const name = Math.max(leastName, Math.floor((width - 20) / 3));
  console.log('\nImages with another label, the surest first:\n');
  const rows = moved
    .slice(0, listed)
    .map(({ key, from, fromProbability, to, toProbability }) => [
      key.length <= name ? cut(key, name) : `…${cut(key.slice(1 - name), name)}`,
      cut(from, name),
      fromProbability.toFixed(2),
      cut(to, name),
      toProbability.toFixed(2),
    ]);
  printTable(['key', 'from', '', 'to', ''], rows, { columns: width });
}

function more(count: number): void {
  if (count > listed) console.log(`… and ${amount(count - listed)} more: --json has all`);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** A name from a file must not move the cursor. */
function cut(text: string, most: number): string {
  const plain = text.replaceAll(/\p{Cc}/gu, '?');
  return plain.length <= most ? plain : `${plain.slice(0, most - 1)}…`;
}
