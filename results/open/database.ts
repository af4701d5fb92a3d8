import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { literalPattern, textLiteral } from './sql-text.ts';

export interface Database {
  readonly connection: DuckDBConnection;
  close(): void;
}

/**
 * A new DuckDB in memory. It downloads no extensions, tells time in UTC, and what does not fit in memory goes to
 * `temporaryFolder`.
 */
export async function openDatabase(temporaryFolder: string): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    temp_directory: temporaryFolder,
  });
  const connection = await instance.connect();
  await connection.run(`set TimeZone = 'UTC'`);
  // Parts never change: the metadata of thousands need not be read anew for every query.
  await connection.run('set parquet_metadata_cache = true');
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** From now on a database reads and writes these files alone, and no query can change that. Possible once. */
export async function confineTo(connection: DuckDBConnection, paths: readonly string[]): Promise<void> {
  // What is asked for is compared as it is written, and parts are asked for as patterns.
  const allowed = new Set(paths.flatMap((path) => [path, literalPattern(path)]));
  await connection.run(`set allowed_paths = [${[...allowed].map(textLiteral).join(', ')}]`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}

/** What DuckDB says is wrong, in one line. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n', 1)[0] ?? '';
}
