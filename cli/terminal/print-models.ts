import type { ListedModel } from '../engine/models/list-models.ts';
import { percent } from './percent.ts';
import { printTable } from './print-table.ts';

const states = { ready: 'yes', downloaded: 'only its files', missing: 'no' };

/** Prints the models of the catalog: a table, then a line about each. @param cache the folder of model directories */
export function printModels(models: readonly ListedModel[], cache: string, columns: number | undefined): void {
  const head = ['name', 'labels', 'top-1', 'license', 'download', 'in the cache'];
  const cells = models.map(({ name, labels, accuracy, license, downloadBytes, state, directoryBytes }) => [
    name,
    labels === undefined ? '' : String(labels),
    accuracy === undefined ? '' : percent(accuracy.top1),
    license ?? '',
    downloadBytes === 0 ? 'included' : megabytes(downloadBytes),
    directoryBytes === undefined ? states[state] : `${states[state]}, ${megabytes(directoryBytes)}`,
  ]);
  printTable(head, cells, { columns, wrapped: 0, rightFrom: head.length });
  console.log();
  for (const { name, about, accuracy } of models) {
    const lines = [about, ...(accuracy === undefined ? [] : [describe(accuracy)])].filter((line) => line !== '');
    if (lines.length > 0) console.log(`${name}: ${lines.join('\n  ')}`);
  }
  console.log(`\nThe cache is ${cache}`);
}

function describe({ top1, top5, images, source }: NonNullable<ListedModel['accuracy']>): string {
  const five = top5 === undefined ? '' : `, top-5 ${percent(top5)}`;
  return `top-1 ${percent(top1)}${five} on ${images} (${source})`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
