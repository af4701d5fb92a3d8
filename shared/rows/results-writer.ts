import type { ResultRow } from './row.ts';

/** Stores result rows. */
export interface ResultsWriter {
  /** Resolves once every row is durable. */
  append(rows: readonly ResultRow[]): Promise<void>;
}
