import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished } from 'vitest';
import { type ExportOptions, exportRows } from '../../results/export/export.ts';
import { openResults, type Results } from '../../results/open/open-results.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { testFolder } from './test-folder.ts';

/** Results of these rows, closed when the running test ends. */
export async function resultsOf(rows: readonly ResultRow[]): Promise<Results> {
  const path = await testFolder();
  await new ResultsStore(new FolderStore(), { bucket: path, prefix: '' }).append(rows);
  const results = await openResults({ kind: 'folder', path });
  onTestFinished(() => results.close());
  return results;
}

type Query = Omit<ExportOptions, 'to'>;

/** What an export writes to a stream. */
export async function toStream(results: Results, query: Query, terminal?: { columns: number }): Promise<string> {
  const stream = new PassThrough();
  const written = text(stream);
  await exportRows(results, { ...query, to: { kind: 'stream', stream, terminal } });
  stream.end();
  return written;
}

/** Path of what an export wrote over a file, with nothing left beside it. */
export async function toFile(results: Results, query: Query): Promise<string> {
  const path = join(await testFolder(), "it's out.data");
  await writeFile(path, 'what was there before');
  await exportRows(results, { ...query, to: { kind: 'file', path } });
  expect(await readdir(join(path, '..'))).toEqual(["it's out.data"]);
  return path;
}

/** Lines of JSON, each ended by a line break. */
export function parseLines(lines: string): unknown[] {
  expect(lines === '' || lines.endsWith('\n')).toBe(true);
  return lines
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));
}
