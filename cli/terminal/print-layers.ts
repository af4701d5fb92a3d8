import CliTable3 from 'cli-table3';
import type { LayerRow, LayerTable } from '../../model/inspect/layer-table.ts';
import { amount, square } from './amount.ts';
import { bareTable, printBareTable } from './bare-table.ts';

const head = ['layer', 'operator', 'output', 'depth', 'params', 'mul-add', 'field'];
/** Without borders, a table with uncut names just fits a terminal of 80 characters. */
const { gap, options } = bareTable;
/** No column is cut to fewer characters than this, even if the table is then wider than the terminal. */
const minWidth = 6;

/**
 * Prints a network as in papers: one row per layer or block, and a row of totals. The widest columns are cut to fit.
 * @param columns width of the terminal in characters; undefined when the output is not a terminal
 */
export function printLayers({ image, rows, totals }: LayerTable, columns: number | undefined): void {
  const total = [
    'total',
    '',
    '',
    String(totals.depth),
    totals.parameters.toLocaleString('en'),
    amount(totals.multiplyAdds),
    '',
  ];
  const body = [...rows.map(cells), total];
  const widths = head.map((name, column) =>
    Math.max(name.length, ...body.map((row) => [...(row[column] ?? '')].length)),
  );
  const cut = maxColumnWidth(widths, (columns ?? Number.POSITIVE_INFINITY) - gap * widths.length);
  const table = new CliTable3({
    head,
    colWidths: widths.map((width) => Math.min(width, cut) + gap),
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right'],
    ...options,
  });
  table.push(...body);
  printBareTable(table);
  console.log(`for one image [${image.join(', ')}]; field: receptive field in pixels`);
  if (totals.uncounted.length > 0) console.log(`multiply-adds exclude ${totals.uncounted.join(', ')}`);
}

/** The width to which the widest columns are cut so that all columns fit. */
function maxColumnWidth(widths: readonly number[], room: number): number {
  let cut = Math.max(...widths);
  while (cut > minWidth && widths.reduce((sum, width) => sum + Math.min(width, cut), 0) > room) cut -= 1;
  return cut;
}

function cells(row: LayerRow): string[] {
  const { name, shape, depth, parameters, multiplyAdds, receptiveField } = row;
  return [
    // Names come from the file: control characters could move the cursor.
    name.replaceAll(/\p{Cc}/gu, '?'),
    operation(row),
    shape.slice(1).join('×'),
    depth === 0 ? '' : String(depth),
    parameters === 0 ? '' : parameters.toLocaleString('en'),
    amount(multiplyAdds),
    receptiveField === undefined ? '?' : square(receptiveField),
  ];
}

function operation({ operator, isBlock, window, layers }: LayerRow): string {
  if (isBlock) {
    const count = layers.filter(({ isWeighted }) => isWeighted).length;
    return count === 1 ? '1 layer' : `${count} layers`;
  }
  if (window === undefined) return operator;
  const strided = window.strides.some((stride) => stride !== 1);
  return `${operator} ${window.kernel.join('×')}${strided ? `/${square(window.strides)}` : ''}`;
}
