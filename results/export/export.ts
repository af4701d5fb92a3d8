import type { Writable } from 'node:stream';
import { type DuckDBResult, StatementType } from '@duckdb/node-api';
import { UserError } from '../../shared/failures/user-error.ts';
import { columns } from '../../shared/rows/schema.ts';
import { firstLine } from '../open/database.ts';
import type { Results } from '../open/open-results.ts';
import { textLiteral } from '../open/sql-text.ts';
import { replaceFile, writeToFile, writeToStream } from './output.ts';
import { csvLines } from './write-csv.ts';
import { jsonLines } from './write-jsonl.ts';
import { type Terminal, tableText } from './write-table.ts';

export const exportFormats = ['table', 'jsonl', 'csv', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Where an export goes. */
export type ExportTarget =
  | { readonly kind: 'file'; readonly path: string }
  /** `terminal` is there when a person looks at the stream. */
  | { readonly kind: 'stream'; readonly stream: Writable; readonly terminal?: Terminal | undefined };

export interface ExportOptions {
  readonly format: ExportFormat;
  readonly to: ExportTarget;
  /** One query over the view `results`; by default the result of every image there is, in the order of bucket and key. */
  readonly sql?: string | undefined;
  /** Whose images the default query has; all of them where it is left out. */
  readonly job?: string | undefined;
  /** Whether the default query has those too whose object was deleted. */
  readonly deleted?: boolean | undefined;
  /** Whether the default query has the embeddings too; Parquet always has them. */
  readonly embeddings?: boolean | undefined;
}

/**
 * Writes the outcome of a query. Rows pass through one chunk at a time; a file is made whole or not at all.
 * @throws {UserError} for a query that is wrong, a place that cannot be written to, Parquet to a stream, or a part of
 * the results that is damaged.
 */
export async function exportRows(results: Results, options: ExportOptions): Promise<void> {
  const { format, to } = options;
  if (format === 'parquet' && to.kind === 'stream') {
    throw new UserError('Parquet is written to a file only: say which one with --out <file>');
  }
  const sql = options.sql ?? defaultQuery(options);
  try {
    if (to.kind === 'stream') await writeToStream(textOf(await startQuery(results, sql), options), to.stream);
    else if (format === 'parquet') await replaceFile(to.path, (partial) => copyToParquet(results, sql, partial));
    else {
      const result = await startQuery(results, sql);
      await replaceFile(to.path, (partial) => writeToFile(textOf(result, options), partial));
    }
  } catch (error) {
    throw await results.explain(error);
  }
}

async function startQuery(results: Results, sql: string): Promise<DuckDBResult> {
  await results.confine();
  await assertOneQuery(results, sql);
  return results.connection.stream(sql);
}

function textOf(result: DuckDBResult, { format, to }: ExportOptions): AsyncIterable<string> {
  if (format === 'jsonl') return jsonLines(result);
  if (format === 'csv') return csvLines(result);
  return tableText(result, to.kind === 'stream' ? to.terminal : undefined);
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

async function assertOneQuery(results: Results, sql: string): Promise<void> {
  const expected = 'expected one SQL query, such as "select label, count(*) from results group by 1"';
  if (sql.trim() === '') throw new UserError(`${expected}, got nothing`);
  try {
    const statements = await results.connection.extractStatements(sql);
    if (statements.count !== 1) throw new UserError(`${expected}, got ${statements.count} statements`);
    const statement = await statements.prepare(0);
    if (statement.statementType !== StatementType.SELECT) throw new UserError(`${expected}, got another statement`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    // All that DuckDB's binding says of a text without a statement in it.
    if (firstLine(error) === 'Error in native callback')
      throw new UserError(`${expected}, got nothing`, { cause: error });
    throw new UserError(`the SQL is wrong: ${firstLine(error)}`, { cause: error });
  }
}

/** Row groups of 8192: with embeddings, the usual 122,880 would be held in memory as half a gigabyte. */
async function copyToParquet(results: Results, sql: string, path: string): Promise<void> {
  await results.confine(path);
  await assertOneQuery(results, sql);
  await results.connection.run(
    `copy (from query(${textLiteral(sql)})) to ${textLiteral(path)}
     (format parquet, compression snappy, row_group_size 8192)`,
  );
}
