import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';

/** Watches a writer for rows that could not be stored; a row that a later try stores is forgotten. */
export class UnstoredRows {
  readonly #faults = new Map<string, unknown>();

  /** The first fault whose rows are still not stored. */
  get fault(): unknown {
    const [fault] = this.#faults.values();
    return fault;
  }

  watching(results: ResultsWriter): ResultsWriter {
    return {
      append: async (rows) => {
        try {
          await results.append(rows);
        } catch (error) {
          for (const row of rows) this.#faults.set(keyOf(row), error);
          throw error;
        }
        for (const row of rows) this.#faults.delete(keyOf(row));
      },
    };
  }
}

/** An image may be deleted after it was classified: the two rows are stored separately. */
function keyOf({ image_id, status }: ResultRow): string {
  return `${status === 'deleted'} ${image_id}`;
}
