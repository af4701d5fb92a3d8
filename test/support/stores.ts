import type { Json } from '@duckdb/node-api';
import { onTestFinished } from 'vitest';
import { openResults, type Results } from '../../results/open/open-results.ts';
import type { ResultsSource } from '../../results/open/parts.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { testFolder } from './test-folder.ts';

/** Opened results, closed when the running test ends. */
export async function opened(source: ResultsSource): Promise<Results> {
  const results = await openResults(source);
  onTestFinished(() => results.close());
  return results;
}

/** Rows that a query over the results gives, as JSON. */
export async function query(source: ResultsSource, sql: string): Promise<Json[][]> {
  return rowsOf(await opened(source), sql);
}

export function rowsOf(results: Results, sql: string): Promise<Json[][]> {
  return results.withConnection(async (connection) => (await connection.runAndReadAll(sql)).getRowsJson());
}

/** A store folder with one part per list of rows, written in this order. */
export async function storeOf(...parts: readonly (readonly ResultRow[])[]): Promise<string> {
  const path = await testFolder();
  await appendTo(path, parts);
  return path;
}

/** One part per list of rows, a second apart. */
export async function appendTo(path: string, parts: readonly (readonly ResultRow[])[]): Promise<void> {
  let second = 0;
  const now = () => {
    second += 1;
    return new Date(Date.UTC(2026, 2, 1, 10, 0, second));
  };
  const store = new ResultsStore(new FolderStore(), { bucket: path, prefix: '' }, { now });
  for (const rows of parts) await store.append(rows);
}
