import Table from 'cli-table3';

/** Number of images with one outcome. */
export interface StatusRow {
  readonly status: string;
  readonly reason?: string;
  readonly count: number;
}

/** Prints a table of images by outcome. */
export function printStatuses(rows: readonly StatusRow[]): void {
  const table = new Table({
    head: ['status', 'reason', 'images'],
    colAligns: ['left', 'left', 'right'],
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map(({ status, reason = '', count }) => [status, reason, count]));
  console.log(table.toString());
}
