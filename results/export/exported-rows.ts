import type { DuckDBDataChunk } from '@duckdb/node-api';

/** The rows of a query, a chunk at a time. */
export interface ExportedRows extends AsyncIterable<DuckDBDataChunk> {
  /** Without duplicates: a second `x` is `x:1`. */
  readonly columnNames: readonly string[];
}
