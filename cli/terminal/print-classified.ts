import { displayLabel } from '../../shared/models/label-name.ts';
import type { ImageOutcome } from '../engine/classify/image-outcome.ts';
import { percent } from './percent.ts';
import { printTable } from './print-table.ts';

/**
 * Prints outcomes as a table in the order of the names: the most probable labels of one image, or the best of each. One
 * rejected image has no table: its reason is all there is to read.
 */
export function printClassified(outcomes: readonly ImageOutcome[], columns: number | undefined): void {
  const [only] = outcomes;
  if (only === undefined) return;
  if (outcomes.length === 1) {
    if (only.status === 'rejected') return;
    const rows = only.top.map((scored) => [displayLabel(scored), percent(scored.probability)]);
    printTable(['label', 'probability'], rows, { columns, wrapped: 0 });
    return;
  }
  const rows = outcomes.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(rowOf);
  printTable(['image', 'label', 'probability'], rows, { columns, wrapped: 0 });
}

function rowOf(outcome: ImageOutcome): string[] {
  if (outcome.status === 'rejected') return [outcome.name, `rejected: ${outcome.reason}`, ''];
  return [outcome.name, displayLabel(outcome), percent(outcome.probability)];
}

/** One line of JSON. */
export function classifiedJson(outcome: ImageOutcome, { embeddings }: { readonly embeddings: boolean }): string {
  if (outcome.status === 'rejected') return JSON.stringify(outcome);
  const { embedding, ...rest } = outcome;
  return JSON.stringify(embeddings ? { ...rest, embedding: Array.from(embedding) } : rest);
}
