import { escapeControls } from '../../results/export/escape-controls.ts';
import { type Computation, computationId } from '../../results/questions/computation.ts';
import type { DescribedHit } from '../../results/similar/search/similarity.ts';
import { displayLabel, type Label } from '../../shared/models/label-name.ts';
import { boxText } from '../../shared/regions/box-text.ts';
import type { ScoredLabel } from '../../shared/rows/row.ts';
import type { DescribedDuplicates } from '../engine/similar/find-duplicates.ts';
import type { SimilarImages } from '../engine/similar/search-image.ts';
import type { SimilarRegions } from '../engine/similar/search-regions.ts';
import { countOf } from './count-of.ts';
import { cutLabel } from './cut-label.ts';
import { describeSpaces } from './describe-spaces.ts';
import { percent } from './percent.ts';
import { printTable } from './print-table.ts';

/** @param columns see `terminalColumns` */
export function printSimilar(image: string, found: SimilarImages, columns: number | undefined): void {
  const { best, hits, how, images, model } = found;
  printBest(image, best);
  if (hits.length > 0) printHits(hits, columns);
  console.log(`\n${hits.length} nearest of ${countOf(images, 'image')} (${describeSearch(how)}, model ${model})`);
}

/** @param columns see `terminalColumns` */
export function printSimilarRegions(image: string, found: SimilarRegions, columns: number | undefined): void {
  const { best, hits, space } = found;
  printBest(image, best);
  const rows = hits.map(({ key, probability, similarity, x, y, width, height, ...hit }) => [
    similarity.toFixed(4),
    percent(probability),
    labelCell(hit, columns),
    boxText({ x, y, width, height }),
    key,
  ]);
  const head = ['similarity', 'probability', 'label', 'box', 'image'];
  if (hits.length > 0) printTable(head, rows, { columns, rightFrom: head.length });
  console.log(`\n${hits.length} nearest of ${countOf(space.regions, 'region')} (exact search, model ${space.model})`);
}

/** Reports on stderr which model was chosen if there were several. */
export function printOtherModels({ others, ...searched }: Computation & Pick<SimilarImages, 'others'>): void {
  if (others.length === 0) return;
  const { model } = searched;
  const isShared = others.some((other) => other.model === model);
  const names = new Set(others.map((other) => (other.model === model ? computationId(other) : other.model)));
  console.error(
    `searched the embeddings of ${isShared ? computationId(searched) : model}; ` +
      `--embedding-model chooses another model: ${[...names].join(', ')}`,
  );
}

/** The same for regions, with the number of regions per image, since the same model can have several. */
export function printOtherRegions({ space, models }: SimilarRegions): void {
  if (space.others.length === 0) return;
  console.error(
    `searched the regions of ${describeSpaces([space], models)}; ` +
      `--embedding-model chooses others: ${describeSpaces(space.others, models)}`,
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

function printBest(image: string, best: ScoredLabel | undefined): void {
  if (best !== undefined)
    console.log(`${escapeControls(image)}: ${displayLabel(best)}, ${percent(best.probability)}\n`);
}

function labelCell(hit: Label, columns: number | undefined): string {
  return columns === undefined ? displayLabel(hit) : cutLabel(escapeControls(displayLabel(hit)));
}

function describeSearch(how: SimilarImages['how']): string {
  return how === 'exact' ? 'exact search' : 'index';
}

function printHits(hits: readonly DescribedHit[], columns: number | undefined): void {
  const rows = hits.map(({ key, probability, similarity, ...hit }) => [
    similarity.toFixed(4),
    probability === null ? '' : percent(probability),
    labelCell(hit, columns),
    key,
  ]);
  // Keys come last and are never cut, because people copy them.
  const head = ['similarity', 'probability', 'label', 'image'];
  printTable(head, rows, { columns, rightFrom: head.length });
}
