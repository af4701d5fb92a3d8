import type { Writable } from 'node:stream';
import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import { UserError } from '../../shared/failures/user-error.ts';
import { displayLabelSql } from '../../shared/models/label-name.ts';
import { exportMetadata } from '../../shared/rows/file-metadata.ts';
import { columns } from '../../shared/rows/schema.ts';
import type { Results } from '../open/open-results.ts';
import { metadataOption, textLiteral } from '../open/sql-text.ts';
import type { Computation } from '../questions/computation.ts';
import { modelNameSql, type RowSelection, rowCondition } from '../questions/row-selection.ts';
import { assertOneQuery } from './assert-one-query.ts';
import { escapeLines } from './escape-controls.ts';
import type { ExportedRows } from './exported-rows.ts';
import { replaceFile, type TargetFile, writeToFile, writeToStream } from './output.ts';
import { csvLines } from './write-csv.ts';
import { jsonLines } from './write-jsonl.ts';
import { type Terminal, tableText } from './write-table.ts';

export const exportFormats = ['table', 'jsonl', 'csv', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Where an export is written. */
export type ExportTarget =
  | ({ readonly kind: 'file' } & TargetFile)
  /** `terminal` is given if the stream is one: a table is then cut to fit, other text is escaped. */
  | { readonly kind: 'stream'; readonly stream: Writable; readonly terminal?: Terminal | undefined };

export interface ExportOptions extends RowSelection {
  readonly format: ExportFormat;
  readonly to: ExportTarget;
  /** One query over the view `results`, instead of the filter. @default its rows, ordered by bucket and key */
  readonly sql?: string | undefined;
  /** Maximum rows of the default query; a terminal shows as many. @default all, of which a terminal shows 50 */
  readonly limit?: number | undefined;
  /** Whether the default query includes embeddings. @default false */
  readonly embeddings?: boolean | undefined;
  /** Names of models: a table then has a column with them. */
  readonly modelNames?: ReadonlyMap<Computation, string> | undefined;
  /** Whether a table has a column with the job. @default false */
  readonly jobs?: boolean | undefined;
  /** Whether CSV protects texts that a spreadsheet would compute. */
  readonly spreadsheetSafe?: boolean | undefined;
}

/**
 * Writes the rows of a query, a chunk at a time. A file gets its name when it is complete.
 * @returns the number of rows
 * @throws {UserError} for an invalid query, a target that cannot be written, Parquet to a stream, or a damaged part
 */
export async function exportRows(results: Results, options: ExportOptions): Promise<number> {
  const { format, to } = options;
  if (format === 'parquet' && to.kind === 'stream') {
    throw new UserError('Parquet can only be written to a file: give --out <file>');
  }
  const sql = options.sql ?? defaultQuery(options);
  return results.withConnection(async (connection) => {
    if (format === 'parquet' && to.kind === 'file') {
      return replaceFile(to, async (partial) => {
        await results.confine(partial);
        await assertOneQuery(connection, sql);
        return copyToParquet(connection, sql, partial);
      });
    }
    await results.confine();
    await assertOneQuery(connection, sql);
    const counter = { rows: 0 };
    const text = textOf(countRows(await connection.stream(sql), counter), options);
    if (to.kind === 'stream') await writeToStream(text, to.stream);
    else await replaceFile(to, (partial) => writeToFile(text, partial));
    return counter.rows;
  });
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

function textOf(
  rows: ExportedRows,
  { format, to, limit, spreadsheetSafe = false }: ExportOptions,
): AsyncIterable<string> {
  const terminal = to.kind === 'stream' ? to.terminal : undefined;
  if (format === 'table') return tableText(rows, terminal && { ...terminal, rows: limit });
  const text = format === 'jsonl' ? jsonLines(rows) : csvLines(rows, spreadsheetSafe);
  return terminal === undefined ? text : escaped(text);
}

/** Exact names are for files and programs. A terminal obeys or hides some of their characters. */
async function* escaped(text: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const lines of text) yield escapeLines(lines);
}

function defaultQuery({
  format,
  limit,
  embeddings = false,
  modelNames,
  jobs = false,
  ...filter
}: ExportOptions): string {
  const names = format === 'table' ? [...tableColumns(modelNames, jobs), 'embedding'] : Object.keys(columns);
  return `select ${names.filter((name) => name !== 'embedding' || embeddings).join(', ')} from results
    where ${rowCondition(filter)}
    order by bucket, key, image_id, model, preprocess ${limit === undefined ? '' : `limit ${limit}`}`;
}

/** For people: the first name of a label, and a probability in percent. */
function tableColumns(modelNames: ExportOptions['modelNames'], jobs: boolean): string[] {
  const model = modelNames === undefined ? [] : [`${modelNameSql(modelNames)} as model`];
  const probability = `printf('%.1f %%', 100 * probability::double) as probability`;
  const job = jobs ? ['job'] : [];
  return ['key', ...job, 'status', 'reason', `${displayLabelSql} as label`, probability, ...model];
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
