import CliTable3 from 'cli-table3';
import { escapeControls } from '../../results/export/escape-controls.ts';
import { bareTable, printBareTable } from './bare-table.ts';

interface Layout {
  /** See `terminalColumns`; nothing is wrapped if undefined. */
  readonly columns: number | undefined;
  /** Column that is wrapped to fit the line. */
  readonly wrapped?: number;
  /** First column of numbers. @default the last column */
  readonly rightFrom?: number;
}

/** Minimum width of a wrapped column. */
const minWidth = 24;

/** Prints a table with text aligned left and numbers aligned right; control characters are escaped. */
export function printTable(
  head: string[],
  cells: readonly (readonly string[])[],
  { columns, wrapped, rightFrom = head.length - 1 }: Layout,
): void {
  const { gap, options } = bareTable;
  const rows = cells.map((row) => row.map(escapeControls));
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  if (columns !== undefined && wrapped !== undefined) {
    const others = widths.reduce((sum, width, column) => sum + (column === wrapped ? 0 : width), 0);
    const room = columns - others - gap * widths.length;
    widths[wrapped] = Math.min(widths[wrapped] ?? room, Math.max(room, minWidth));
  }
  const table = new CliTable3({
    ...options,
    head,
    wordWrap: true,
    colWidths: widths.map((width) => width + gap),
    colAligns: head.map((_, column) => (column >= rightFrom ? 'right' : 'left')),
  });
  table.push(...rows);
  printBareTable(table);
}
