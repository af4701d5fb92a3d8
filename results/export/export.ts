import type { Writable } from 'node:stream';
import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import { UserError } from '../../shared/failures/user-error.ts';
import { exportMetadata } from '../../shared/rows/file-metadata.ts';
import type { Results } from '../open/open-results.ts';
import { metadataOption, textLiteral } from '../open/sql-text.ts';
import { hasRegions } from '../questions/has-regions.ts';
import { assertOneQuery } from './assert-one-query.ts';
import { cocoText } from './coco.ts';
import { imagesQuery, type QueryOptions, regionsQuery } from './default-query.ts';
import { escapeLines } from './escape-controls.ts';
import type { ExportedRows } from './exported-rows.ts';
import { replaceFile, type TargetFile, writeToFile, writeToStream } from './output.ts';
import { csvLines } from './write-csv.ts';
import { jsonLines } from './write-jsonl.ts';
import { type Terminal, tableText } from './write-table.ts';

/** Formats of rows. */
export const rowFormats = ['table', 'jsonl', 'csv', 'parquet'] as const;
export type RowFormat = (typeof rowFormats)[number];
/** `coco` is the regions as a COCO data set. */
export const exportFormats = [...rowFormats, 'coco'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Where an export is written. */
export type ExportTarget =
  | ({ readonly kind: 'file' } & TargetFile)
  /** `terminal` is given if the stream is one: a table is then cut to fit, other text is escaped. */
  | { readonly kind: 'stream'; readonly stream: Writable; readonly terminal?: Terminal | undefined };

export interface ExportOptions extends Omit<QueryOptions, 'isTable'> {
  readonly format: ExportFormat;
  readonly to: ExportTarget;
  /** One query over the views, instead of the default query: the rows of images, ordered by bucket and key. */
  readonly sql?: string | undefined;
  /** Whether the default query has a row per region instead of a row per image. @default false */
  readonly regions?: boolean | undefined;
  /** As in `QueryOptions`; a terminal shows as many. @default all, of which a terminal shows 50 */
  readonly limit?: number | undefined;
  /** Whether CSV protects texts that a spreadsheet would compute. */
  readonly spreadsheetSafe?: boolean | undefined;
}

/**
 * Writes the rows of a query, or regions in the format `coco`, a chunk at a time. A file gets its name when it is complete.
 * @returns the number of rows, or of regions
 * @throws {UserError} for an invalid query, a target that cannot be written, Parquet to a stream, or a damaged part
 */
export async function exportRows(results: Results, options: ExportOptions): Promise<number> {
  const { format, to } = options;
  if (format === 'parquet' && to.kind === 'stream') {
    throw new UserError('Parquet can only be written to a file: give --out <file>');
  }
  const sql = format === 'coco' ? '' : (options.sql ?? (await defaultQuery(results, options)));
  const advice = results.regions === undefined ? embeddingsOfRegions : undefined;
  return results.withConnection(async (connection) => {
    if (format === 'parquet' && to.kind === 'file') {
      return replaceFile(to, async (partial) => {
        await results.confine(partial);
        await assertOneQuery(connection, sql, advice);
        return copyToParquet(connection, sql, partial);
      });
    }
    await results.confine();
    const counter = { rows: 0 };
    const text =
      format === 'coco'
        ? cocoText(connection, options, counter)
        : await queryText(connection, sql, { ...options, advice }, counter);
    if (to.kind === 'stream') await writeToStream(to.terminal === undefined ? text : escaped(text), to.stream);
    else await replaceFile(to, (partial) => writeToFile(text, partial));
    return counter.rows;
  });
}

/** A query has the embeddings of images in any case. */
const embeddingsOfRegions = 'give --embeddings to read those of regions';

async function defaultQuery(results: Results, { format, regions = false, ...options }: ExportOptions): Promise<string> {
  const query = { ...options, isTable: format === 'table' };
  return regions ? regionsQuery(query) : imagesQuery(query, await hasRegions(results));
}

async function queryText(
  connection: DuckDBConnection,
  sql: string,
  { format, to, limit, spreadsheetSafe = false, advice }: ExportOptions & { readonly advice: string | undefined },
  counter: { rows: number },
): Promise<AsyncIterable<string>> {
  await assertOneQuery(connection, sql, advice);
  const rows = countRows(await connection.stream(sql), counter);
  if (format === 'jsonl') return jsonLines(rows);
  if (format === 'csv') return csvLines(rows, spreadsheetSafe);
  const terminal = to.kind === 'stream' ? to.terminal : undefined;
  return tableText(rows, terminal && { ...terminal, rows: limit });
}

/** The chunks of a result, whose rows are counted as they are read. */
function countRows(result: DuckDBResult, counter: { rows: number }): ExportedRows {
  return {
    columnNames: result.deduplicatedColumnNames(),
    async *[Symbol.asyncIterator]() {
      for await (const chunk of result) {
        counter.rows += chunk.rowCount;
        yield chunk;
      }
    },
  };
}

/** Exact names are for files and programs. A terminal obeys or hides some of their characters. */
async function* escaped(text: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const lines of text) yield escapeLines(lines);
}

/** Small row groups: with embeddings, a default group of 122,880 rows takes half a gigabyte of memory. */
async function copyToParquet(connection: DuckDBConnection, sql: string, path: string): Promise<number> {
  const reader = await connection.runAndReadAll(
    `copy (from query(${textLiteral(sql)})) to ${textLiteral(path)}
     (format parquet, compression snappy, row_group_size 8192, ${metadataOption(exportMetadata)})`,
  );
  const [[rows = 0] = []] = reader.getRows();
  return Number(rows);
}
