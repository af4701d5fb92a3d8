import { displayLabel } from '../../shared/models/label-name.ts';
import { boxText } from '../../shared/regions/box-text.ts';
import type { ClassifiedImage, ImageOutcome } from '../engine/classify/image-outcome.ts';
import { percent } from './percent.ts';
import { printTable } from './print-table.ts';

/**
 * Prints outcomes as a table in the order of the names: the most probable labels of one image, or the best of each; then the
 * regions of each. One rejected image has no table: its reason is all there is to read.
 */
export function printClassified(outcomes: readonly ImageOutcome[], columns: number | undefined): void {
  const [only] = outcomes;
  if (only === undefined) return;
  if (outcomes.length === 1) {
    if (only.status === 'rejected') return;
    const rows = only.top.map((scored) => [displayLabel(scored), percent(scored.probability)]);
    printTable(['label', 'probability'], rows, { columns, wrapped: 0 });
    printRegions(only, columns);
    return;
  }
  const hasRegions = outcomes.some((outcome) => outcome.status === 'classified' && outcome.regions !== undefined);
  const sorted = outcomes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const rows = sorted.flatMap((outcome) => [rowOf(outcome), ...regionRows(outcome)]);
  if (hasRegions) printTable(['image', 'region', 'label', 'probability'], rows, { columns, wrapped: 0 });
  else
    printTable(
      ['image', 'label', 'probability'],
      rows.map(([name = '', , ...rest]) => [name, ...rest]),
      { columns, wrapped: 0 },
    );
}

/** The regions of one image, below its labels. */
function printRegions({ regions }: ClassifiedImage, columns: number | undefined): void {
  if (regions === undefined) return;
  console.log();
  if (regions.length === 0) console.log('No region shows an object that the model knows.');
  const rows = regions.map((region) => [boxText(region), displayLabel(region), percent(region.probability)]);
  if (rows.length > 0) printTable(['region', 'label', 'probability'], rows, { columns, wrapped: 1 });
}

function rowOf(outcome: ImageOutcome): string[] {
  if (outcome.status === 'rejected') return [outcome.name, '', `rejected: ${outcome.reason}`, ''];
  return [outcome.name, '', displayLabel(outcome), percent(outcome.probability)];
}

function regionRows(outcome: ImageOutcome): string[][] {
  if (outcome.status === 'rejected' || outcome.regions === undefined) return [];
  return outcome.regions.map((region) => ['', boxText(region), displayLabel(region), percent(region.probability)]);
}

/** The same outcome for a table, which takes little memory. */
export function withoutEmbeddings(outcome: ImageOutcome): ImageOutcome {
  if (outcome.status === 'rejected') return outcome;
  const embedding = new Float32Array();
  const { regions, ...rest } = outcome;
  if (regions === undefined) return { ...rest, embedding };
  return { ...rest, embedding, regions: regions.map((region) => ({ ...region, embedding })) };
}

/** One line of JSON. */
export function classifiedJson(outcome: ImageOutcome, { embeddings }: { readonly embeddings: boolean }): string {
  if (outcome.status === 'rejected') return JSON.stringify(outcome);
  const shown = <T extends { readonly embedding: Float32Array }>({ embedding, ...rest }: T) =>
    embeddings ? { ...rest, embedding: Array.from(embedding) } : rest;
  const { regions, ...image } = outcome;
  return JSON.stringify({ ...shown(image), ...(regions === undefined ? {} : { regions: regions.map(shown) }) });
}
