import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { type ExportOptions, exportRows } from '../../results/export/export.ts';
import type { Results } from '../../results/open/open-results.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Query = Omit<ExportOptions, 'to'>;

/** Exports to a stream and returns the text. */
export async function toStream(results: Results, query: Query, terminal?: { columns: number }): Promise<string> {
  const stream = new PassThrough();
  const written = text(stream);
  await exportRows(results, { ...query, to: { kind: 'stream', stream, terminal } });
  stream.end();
  return written;
}

/** Exports over an existing file, checks that no other file is left, and returns the path. */
export async function toFile(results: Results, query: Query): Promise<string> {
  const path = join(temporaryFolder(), "it's out.data");
  await writeFile(path, 'previous content');
  await exportRows(results, { ...query, to: { kind: 'file', path, overwrite: true } });
  expect(await readdir(join(path, '..'))).toEqual(["it's out.data"]);
  return path;
}

/** Parses JSON lines; each ends with a line break. */
export function parseLines(lines: string): unknown[] {
  expect(lines === '' || lines.endsWith('\n')).toBe(true);
  return lines
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));
}
