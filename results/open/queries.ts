import type { DuckDBConnection, DuckDBDataChunk, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { z } from 'zod';
import type { Database } from './database.ts';

export type SqlParameters = Record<string, DuckDBValue>;

/** The ways to run SQL over the view `results`. */
export interface Queries {
  /**
   * Runs a query and validates its rows.
   * @param schema of all rows: an array of objects, or a tuple where the number of rows is known
   * @param types of parameters whose type cannot be inferred, such as lists that may be empty
   */
  query<T>(
    schema: z.ZodType<T>,
    sql: string,
    parameters?: SqlParameters,
    types?: Record<string, DuckDBType>,
  ): Promise<T>;
  /** As `query`, for more rows than memory holds. The next query on these results ends the stream early. */
  streamRows<T>(schema: z.ZodType<T>, sql: string, parameters?: SqlParameters): AsyncGenerator<T>;
  /** As `streamRows`, beside other queries: they do not end the stream. It sees no temporary tables. */
  streamRowsSeparately<T>(schema: z.ZodType<T>, sql: string, parameters?: SqlParameters): AsyncGenerator<T>;
  /** As `streamRows`, as DuckDB holds them: the fastest way to read numbers. */
  streamChunks(sql: string, parameters?: SqlParameters): AsyncGenerator<DuckDBDataChunk>;
  /** Runs statements that return no rows. */
  run(sql: string, parameters?: SqlParameters): Promise<void>;
  /** Gives access to the connection, for appenders and exports. */
  withConnection<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
}

/** The ways to run SQL, each of which passes its errors to `explain`. */
export function queriesOn(
  { connection, connect }: Pick<Database, 'connection' | 'connect'>,
  explain: (error: unknown) => Promise<unknown>,
): Queries {
  const withConnection: Queries['withConnection'] = async (work) => {
    try {
      return await work(connection);
    } catch (error) {
      throw await explain(error);
    }
  };
  async function* explained<T>(open: () => Promise<AsyncIterable<T>>): AsyncGenerator<T> {
    try {
      yield* await open();
    } catch (error) {
      throw await explain(error);
    }
  }
  return {
    withConnection,
    query: (schema, sql, parameters, types) =>
      withConnection(async () => {
        const reader = await connection.runAndReadAll(sql, parameters, types);
        return schema.parse(reader.getRowObjectsJS());
      }),
    async *streamRows(schema, sql, parameters) {
      const open = async () => (await connection.stream(sql, parameters)).yieldRowObjectJs();
      for await (const rows of explained(open)) yield schema.parse(rows);
    },
    async *streamRowsSeparately(schema, sql, parameters) {
      const separate = await connect();
      try {
        const open = async () => (await separate.stream(sql, parameters)).yieldRowObjectJs();
        for await (const rows of explained(open)) yield schema.parse(rows);
      } finally {
        separate.closeSync();
      }
    },
    streamChunks: (sql, parameters) => explained(() => connection.stream(sql, parameters)),
    run: (sql, parameters) => withConnection(async () => void (await connection.run(sql, parameters))),
  };
}
