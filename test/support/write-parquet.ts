import { DuckDBInstance } from '@duckdb/node-api';

/** Writes the rows of a query to a Parquet file. */
export async function writeParquet(select: string, path: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`copy (${select}) to '${path}' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
}
