import type { Writable } from 'node:stream';
import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import { UserError } from '../../shared/failures/user-error.ts';
import { exportMetadata } from '../../shared/rows/file-metadata.ts';
import { columns } from '../../shared/rows/schema.ts';
import type { Results } from '../open/open-results.ts';
import { metadataOption, textLiteral } from '../open/sql-text.ts';
import { assertOneQuery } from './assert-one-query.ts';
import { escapeLines } from './escape-controls.ts';
import { replaceFile, writeToFile, writeToStream } from './output.ts';
import { csvLines } from './write-csv.ts';
import { jsonLines } from './write-jsonl.ts';
import { type Terminal, tableText } from './write-table.ts';

export const exportFormats = ['table', 'jsonl', 'csv', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Where an export is written. */
export type ExportTarget =
  | { readonly kind: 'file'; readonly path: string }
  /** `terminal` is given if the stream is one: a table is then cut to fit, other text is escaped. */
  | { readonly kind: 'stream'; readonly stream: Writable; readonly terminal?: Terminal | undefined };

export interface ExportOptions {
  readonly format: ExportFormat;
  readonly to: ExportTarget;
  /** One query over the view `results`. @default every row, ordered by bucket and key */
  readonly sql?: string | undefined;
  /** The job of the default query. @default all */
  readonly job?: string | undefined;
  /** Whether the default query includes deleted images. */
  readonly deleted?: boolean | undefined;
  /** Whether the default query includes embeddings; always in Parquet. */
  readonly embeddings?: boolean | undefined;
  /** Whether CSV protects texts that a spreadsheet would compute. */
  readonly spreadsheetSafe?: boolean | undefined;
}

/**
 * Writes the rows of a query, a chunk at a time. A file is replaced when it is complete.
 * @throws {UserError} for an invalid query, a target that cannot be written, Parquet to a stream, or a damaged part
 */
export async function exportRows(results: Results, options: ExportOptions): Promise<void> {
  const { format, to } = options;
  if (format === 'parquet' && to.kind === 'stream') {
    throw new UserError('Parquet can only be written to a file: give --out <file>');
  }
  const sql = options.sql ?? defaultQuery(options);
  await results.withConnection(async (connection) => {
    if (format === 'parquet' && to.kind === 'file') {
      await replaceFile(to.path, async (partial) => {
        await results.confine(partial);
        await assertOneQuery(connection, sql);
        await copyToParquet(connection, sql, partial);
      });
      return;
    }
    await results.confine();
    await assertOneQuery(connection, sql);
    const text = textOf(await connection.stream(sql), options);
    if (to.kind === 'stream') await writeToStream(text, to.stream);
    else await replaceFile(to.path, (partial) => writeToFile(text, partial));
  });
}

function textOf(result: DuckDBResult, { format, to, spreadsheetSafe = false }: ExportOptions): AsyncIterable<string> {
  const terminal = to.kind === 'stream' ? to.terminal : undefined;
  if (format === 'table') return tableText(result, terminal);
  const text = format === 'jsonl' ? jsonLines(result) : csvLines(result, spreadsheetSafe);
  return terminal === undefined ? text : escaped(text);
}

/** Exact names are for files and programs. A terminal obeys or hides some of their characters. */
async function* escaped(text: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const lines of text) yield escapeLines(lines);
}

function defaultQuery({ format, job, deleted = false, embeddings = false }: ExportOptions): string {
  return `select ${defaultColumns(format, embeddings).join(', ')} from results
    where ${deleted ? 'true' : `status <> 'deleted'`} and ${job === undefined ? 'true' : `job = ${textLiteral(job)}`}
    order by bucket, key, image_id, model, preprocess`;
}

function defaultColumns(format: ExportFormat, embeddings: boolean): readonly string[] {
  if (format === 'table') {
    return ['key', 'status', 'reason', 'label', 'probability', ...(embeddings ? ['embedding'] : [])];
  }
  return Object.keys(columns).filter((name) => name !== 'embedding' || embeddings || format === 'parquet');
}

/** Small row groups: with embeddings, a default group of 122,880 rows takes half a gigabyte of memory. */
async function copyToParquet(connection: DuckDBConnection, sql: string, path: string): Promise<void> {
  await connection.run(
    `copy (from query(${textLiteral(sql)})) to ${textLiteral(path)}
     (format parquet, compression snappy, row_group_size 8192, ${metadataOption(exportMetadata)})`,
  );
}
