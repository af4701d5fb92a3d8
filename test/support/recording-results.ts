import type { ResultsWriter } from '../../shared/rows/results-writer.ts';
import type { ResultRow } from '../../shared/rows/row.ts';

/** A writer that records its rows; while `fault` is set, it fails. */
export class RecordingResults implements ResultsWriter {
  readonly parts: (readonly ResultRow[])[] = [];
  fault: Error | undefined;
  attempts = 0;

  get rows(): readonly ResultRow[] {
    return this.parts.flat();
  }

  async append(rows: readonly ResultRow[]): Promise<void> {
    this.attempts += 1;
    if (this.fault) throw this.fault;
    if (rows.length > 0) this.parts.push(rows);
  }
}
