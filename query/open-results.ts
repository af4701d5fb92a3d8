import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { encodeRows } from '../shared/results/parquet.ts';
import { columns } from '../shared/results/schema.ts';
import { UserError } from '../shared/user-error.ts';
import { findBadPart } from './bad-part.ts';
import { createView } from './create-view.ts';
import { confineTo, firstLine, openDatabase } from './database.ts';
import { partFiles, type ResultsSource } from './parts.ts';
import { readParquet } from './sql-text.ts';

/** The results as they stood when they were opened. */
export interface Results {
  /** A DuckDB with the view `results`: one row per image, model and preprocessing, columns as in `schema.ts`. */
  readonly connection: DuckDBConnection;
  /** How many parts they come from. */
  readonly parts: number;
  /**
   * Shuts the database off from every file but the parts, before it is given a query that somebody wrote.
   * @param output a file that may be written too; a database that is shut off already takes no other
   */
  confine(output?: string): Promise<void>;
  /** An error of a query as one for a person: the part that is at fault, or the first line of what DuckDB says. */
  explain(error: unknown): Promise<unknown>;
  /** Lets go of memory and temporary files. */
  close(): Promise<void>;
}

/**
 * Opens the results of a source. No parts are no error: the view is there, without rows.
 * @throws {UserError} naming the part that is damaged or holds something else.
 */
export async function openResults(source: ResultsSource): Promise<Results> {
  const parts = await partFiles(source);
  const folder = await mkdtemp(join(tmpdir(), 'inception-batch-query-'));
  const database = await openDatabase(join(folder, 'spill')).catch(async (error: unknown) => {
    await rm(folder, { recursive: true });
    throw error;
  });
  const schemaFile = join(folder, 'schema.parquet');
  let isConfined = false;
  const results: Results = {
    connection: database.connection,
    parts: parts.length,
    async confine(output) {
      if (isConfined && output === undefined) return;
      const outputs = output === undefined ? [] : [output];
      await confineTo(database.connection, [schemaFile, ...parts.map(({ path }) => path), ...outputs]);
      isConfined = true;
    },
    async explain(error) {
      if (!(error instanceof Error) || !/^[A-Z][A-Za-z ]* Error: /.test(error.message)) return error;
      const bad = isAboutFiles(error) ? await findBadPart(parts, schemaFile, folder) : undefined;
      return bad ?? new UserError(firstLine(error), { cause: error });
    },
    async close() {
      database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await writeFile(schemaFile, encodeRows([]));
    const source = readParquet([schemaFile, ...parts.map(({ path }) => path)]);
    await assertOnlyResults(database.connection, source, schemaFile);
    await createView(database.connection, source);
    return results;
  } catch (error) {
    const bad = await findBadPart(parts, schemaFile, folder).finally(() => results.close());
    throw bad ?? error;
  }
}

/** Unlike a fault in the query's own text or arithmetic. */
function isAboutFiles(error: Error): boolean {
  return /^(IO|Invalid|Invalid Input|Internal|INTERNAL|FATAL|Fatal|Serialization|Corruption) Error: /.test(
    error.message,
  );
}

/** A file with other columns would pass for rows of nulls, or change the type of a column for all. */
async function assertOnlyResults(connection: DuckDBConnection, source: string, schemaFile: string): Promise<void> {
  const names = Object.keys(columns).join(', ');
  const typesOf = async (from: string) => {
    const reader = await connection.runAndReadAll(`select ${names} from ${from} limit 0`);
    return reader.columnTypes().join();
  };
  const expected = await typesOf(readParquet([schemaFile]));
  const nameless = await connection.runAndReadAll(
    `select 1 from ${source} where image_id is null or model is null or preprocess is null or status is null limit 1`,
  );
  if (nameless.currentRowCount > 0 || (await typesOf(source)) !== expected) {
    throw new UserError('the results hold files that are not results');
  }
}
