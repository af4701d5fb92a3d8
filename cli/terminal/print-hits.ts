import type { DescribedHit } from '../../query/similar/describe-hits.ts';
import { visible } from '../../query/write-table.ts';
import { printTable } from './print-table.ts';

/**
 * Prints images by how similar they are.
 * @param columns characters per line; undefined elsewhere than on a terminal
 */
export function printHits(hits: readonly DescribedHit[], columns: number | undefined): void {
  const rows = hits.map(({ key, label, probability, similarity }) => [
    visible(key),
    visible(label ?? ''),
    probability?.toFixed(3) ?? '',
    similarity.toFixed(4),
  ]);
  printTable(['image', 'label', 'probability', 'similarity'], rows, { columns, wrapped: 0, rightFrom: 2 });
}
