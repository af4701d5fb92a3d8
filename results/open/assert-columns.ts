import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../../shared/failures/user-error.ts';
import { readParquet } from './sql-text.ts';

/** DuckDB would read a file with other columns as rows of nulls, or change the type of a column for all files. */
export async function assertColumns(
  connection: DuckDBConnection,
  source: string,
  { schemaFile, names }: { readonly schemaFile: string; readonly names: readonly string[] },
): Promise<void> {
  const typesOf = async (from: string) => {
    const reader = await connection.runAndReadAll(`select ${names.join(', ')} from ${from} limit 0`);
    return reader.columnTypes().join();
  };
  if ((await typesOf(source)) !== (await typesOf(readParquet([schemaFile])))) {
    throw new UserError('the store holds Parquet files with columns that are not those of results');
  }
}
