import { afterAll } from 'vitest';
import { printTable } from '../../cli/terminal/print-table.ts';

/** Collects the outcome of each case of a file of tests, and prints them as a table when the file ends. */
export function outcomeTable(title: string): (name: string, outcome: string) => void {
  const rows: [string, string][] = [];
  afterAll(() => {
    console.log(`\n${title}`);
    printTable(['case', 'outcome'], rows, { columns: 140, wrapped: 1, rightFrom: 2 });
  });
  return (name, outcome) => rows.push([name, outcome]);
}
