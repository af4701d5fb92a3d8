import { escapeControls } from '../../results/export/escape-controls.ts';
import { boxText } from '../../shared/regions/box-text.ts';
import type { ProposedRegion } from '../../shared/regions/region.ts';
import type { RegionsOutcome } from '../engine/regions/image-proposals.ts';
import { printTable } from './print-table.ts';

/** One line of JSON. @param drawing path of the image with its best boxes */
export function regionsJson(outcome: RegionsOutcome, drawing: string | undefined): string {
  const { name: image } = outcome;
  if (outcome.status === 'rejected') {
    const { status, reason, detail } = outcome;
    return JSON.stringify({ image, status, reason, detail });
  }
  const { width, height, regions } = outcome;
  return JSON.stringify({ image, width, height, boxes: regions.map(boxOf), drawing });
}

function boxOf({ x, y, width, height, objectness }: ProposedRegion): number[] {
  return [x, y, width, height, Number(objectness.toFixed(4))];
}

/** What a table shows of an outcome: thousands of boxes are not kept for it. */
export type RegionsRow = readonly string[];

export function regionsRow(outcome: RegionsOutcome): RegionsRow {
  if (outcome.status === 'rejected') return [outcome.name, `rejected: ${outcome.reason}`, '', '', ''];
  const { name, width, height, regions } = outcome;
  const [best] = regions;
  const box = best ? boxText(best) : '';
  return [name, `${width}×${height}`, String(regions.length), box, best ? best.objectness.toFixed(3) : ''];
}

/** Prints a table in the order of the images. One rejected image has none: its reason is all there is to read. */
export function printRegions(
  rows: readonly RegionsRow[],
  rejected: readonly string[],
  columns: number | undefined,
): void {
  if (rows.length > 1 || (rows.length === 1 && rejected.length === 0)) {
    printTable(['image', 'size', 'regions', 'best box', 'objectness'], rows, { columns, wrapped: 0, rightFrom: 2 });
  }
  for (const reason of rejected) console.error(escapeControls(reason));
}
