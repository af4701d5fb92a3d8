import type { Json } from '@duckdb/node-api';
import { onTestFinished } from 'vitest';
import { openResults, type Results } from '../../results/open/open-results.ts';
import type { ResultsSource } from '../../results/open/parts.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Opens a source, or the store in a folder, until the running test ends. */
export async function opened(source: ResultsSource | string): Promise<Results> {
  const results = await openResults(typeof source === 'string' ? { kind: 'folder', path: source } : source);
  onTestFinished(() => results.close());
  return results;
}

/** Opens a store with one part per list of rows until the running test ends. */
export async function resultsOf(...parts: readonly (readonly ResultRow[])[]): Promise<Results> {
  return opened(await storeOf(...parts));
}

/** Runs a query on newly opened results. */
export async function query(source: ResultsSource | string, sql: string): Promise<Json[][]> {
  return rowsOf(await opened(source), sql);
}

/** The rows of a query, as JSON. */
export function rowsOf(results: Results, sql: string): Promise<Json[][]> {
  return results.withConnection(async (connection) => (await connection.runAndReadAll(sql)).getRowsJson());
}

/** Creates a store folder with one part per list of rows, in this order. */
export async function storeOf(...parts: readonly (readonly ResultRow[])[]): Promise<string> {
  const path = temporaryFolder();
  await appendTo(path, parts);
  return path;
}

/** Appends one part per list of rows, a second apart. */
export async function appendTo(path: string, parts: readonly (readonly ResultRow[])[]): Promise<void> {
  let second = 0;
  const now = () => {
    second += 1;
    return new Date(Date.UTC(2026, 2, 1, 10, 0, second));
  };
  const store = new ResultsStore(new FolderStore(), { bucket: path, prefix: '' }, { now });
  for (const rows of parts) await store.append(rows);
}
