import type { Table } from 'cli-table3';

/** Spaces between two columns. */
const gap = 2;

/** Options of cli-table3 for a table whose only line is below the head. */
export const bareTable = {
  gap,
  options: {
    chars: {
      ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', left: '', right: '', middle: '' },
      ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
      ...{ mid: '─', 'mid-mid': '', 'left-mid': '', 'right-mid': '' },
    },
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': gap },
  },
};

/** Prints a table without trailing spaces, which only widen the output. */
export function printBareTable(table: Table): void {
  console.log(table.toString().replaceAll(/ +$/gm, ''));
}
