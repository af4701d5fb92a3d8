import CliTable3 from 'cli-table3';
import { bareTable } from './bare-table.ts';

interface Layout {
  /** Characters per line; undefined elsewhere than on a terminal, where nothing is wrapped. */
  readonly columns: number | undefined;
  /** The column that is wrapped for the table to fit. */
  readonly wrapped?: number;
  /** The column from which on all are numbers; the last unless it is said. */
  readonly rightFrom?: number;
}

/** A wrapped column is never narrower than this, whatever the terminal. */
const minWidth = 24;

/** Prints a table without lines; text on the left, numbers on the right. */
export function printTable(
  head: string[],
  rows: readonly string[][],
  { columns, wrapped, rightFrom = head.length - 1 }: Layout,
): void {
  const { gap, options } = bareTable;
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
  // Blanks at the end of a line only widen it.
  console.log(table.toString().replaceAll(/ +$/gm, ''));
}
