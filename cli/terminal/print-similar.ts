import { escapeControls } from '../../results/export/escape-controls.ts';
import { computationId } from '../../results/questions/computation.ts';
import type { DescribedHit } from '../../results/similar/search/similarity.ts';
import { displayLabel } from '../../shared/models/label-name.ts';
import type { DescribedDuplicates } from '../engine/similar/find-duplicates.ts';
import type { SimilarImages } from '../engine/similar/search-image.ts';
import { countOf } from './count-of.ts';
import { cutLabel } from './cut-label.ts';
import { percent } from './percent.ts';
import { printTable } from './print-table.ts';

/** @param columns see `terminalColumns` */
export function printSimilar(image: string, found: SimilarImages, columns: number | undefined): void {
  const { best, hits, how, images, model } = found;
  if (best !== undefined)
    console.log(`${escapeControls(image)}: ${displayLabel(best)}, ${percent(best.probability)}\n`);
  if (hits.length > 0) printHits(hits, columns);
  console.log(`\n${hits.length} nearest of ${countOf(images, 'image')} (${describeSearch(how)}, model ${model})`);
}

/** Reports on stderr which model was chosen if there were several. */
export function printOtherModels({ model, others }: Pick<SimilarImages, 'model' | 'others'>): void {
  if (others.length === 0) return;
  const names = new Set(others.map((other) => (other.model === model ? computationId(other) : other.model)));
  console.error(
    `searched the embeddings of ${model}; --embedding-model chooses another model: ${[...names].join(', ')}`,
  );
}

/** @param columns see `terminalColumns` */
export function printDuplicates(found: DescribedDuplicates, columns: number | undefined): void {
  const { groups, groupCount, spare, images, how, model } = found;
  for (const { size, images: members } of groups) {
    printHits(members, columns);
    console.log(size > members.length ? `… and ${size - members.length} more\n` : '');
  }
  const shown = groupCount > groups.length ? `, the ${groups.length} largest shown` : '';
  console.log(
    `${countOf(groupCount, 'group')} of near-duplicates${shown}: ${spare} of ${countOf(images, 'image')} are redundant ` +
      `(${describeSearch(how)}, model ${model})`,
  );
}

function describeSearch(how: SimilarImages['how']): string {
  return how === 'exact' ? 'exact search' : 'index';
}

function printHits(hits: readonly DescribedHit[], columns: number | undefined): void {
  const rows = hits.map(({ key, probability, similarity, ...hit }) => [
    similarity.toFixed(4),
    probability === null ? '' : percent(probability),
    columns === undefined ? displayLabel(hit) : cutLabel(escapeControls(displayLabel(hit))),
    key,
  ]);
  // Keys come last and are never cut, because people copy them.
  const head = ['similarity', 'probability', 'label', 'image'];
  printTable(head, rows, { columns, rightFrom: head.length });
}
