import { visible } from '../../results/export/write-table.ts';
import type { DescribedHit } from '../../results/similar/describe-hits.ts';
import { printTable } from './print-table.ts';

/** Characters of a label on a terminal: some models' labels list every synonym. */
const labelWidth = 24;

/**
 * Prints images by how similar they are.
 * @param columns characters per line; undefined elsewhere than on a terminal
 */
export function printHits(hits: readonly DescribedHit[], columns: number | undefined): void {
  const rows = hits.map(({ key, label, probability, similarity }) => [
    similarity.toFixed(4),
    probability?.toFixed(3) ?? '',
    columns === undefined ? visible(label ?? '') : cut(visible(label ?? '')),
    visible(key),
  ]);
  // Keys come last and are never cut, since people copy them.
  const head = ['similarity', 'probability', 'label', 'image'];
  printTable(head, rows, { columns, rightFrom: head.length });
}

function cut(label: string): string {
  const characters = [...label];
  return characters.length <= labelWidth ? label : `${characters.slice(0, labelWidth - 1).join('')}…`;
}
