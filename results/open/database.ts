import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { literalPattern, textLiteral } from './sql-text.ts';

export interface Database {
  readonly connection: DuckDBConnection;
  /** Another connection to the same tables. It sees no temporary tables; whoever opens it closes it. */
  connect(): Promise<DuckDBConnection>;
  close(): void;
}

/**
 * Opens a new in-memory DuckDB that downloads no extensions and uses UTC.
 * @param temporaryFolder for data that does not fit in memory; created when needed
 */
export async function openDatabase(temporaryFolder: string): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    temp_directory: temporaryFolder,
  });
  const connection = await instance.connect();
  await connection.run(`set global TimeZone = 'UTC'`);
  // Parts never change, so their metadata is read once instead of for every query.
  await connection.run('set parquet_metadata_cache = true');
  return {
    connection,
    connect: () => instance.connect(),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Restricts a database to these files. Queries cannot undo it, and it can be called only once. */
export async function confineTo(connection: DuckDBConnection, paths: readonly string[]): Promise<void> {
  // DuckDB compares paths as they are written in the query, where those of parts are escaped patterns.
  const allowed = new Set(paths.flatMap((path) => [path, literalPattern(path)]));
  await connection.run(`set allowed_paths = [${[...allowed].map(textLiteral).join(', ')}]`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}

/** The first line of DuckDB's message. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n', 1)[0] ?? '';
}

/** A message of DuckDB without the path of a file, for a sentence that names it already. */
export function withoutPath(message: string, path: string | undefined): string {
  if (path === undefined) return message;
  const file = RegExp.escape(path);
  return message.replaceAll(new RegExp(`(?:\\b(?:the )?file )?(?:"${file}"|'${file}'|${file})`, 'gi'), 'the file');
}
