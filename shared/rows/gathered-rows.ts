import type { ResultsWriter } from './results-writer.ts';
import type { ResultRow } from './row.ts';

export interface GatheredRowsOptions {
  /** Rows in a full part. */
  readonly rows: number;
  /** A part is stored when its oldest row has waited this long, even if it is not full, milliseconds. */
  readonly ageMs: number;
}

/** Parts stored in parallel; further rows wait. */
const writers = 2;

/**
 * Gathers rows that arrive a few at a time into full parts. `append` resolves when the rows are taken, before they are
 * durable: only for messages that end with this process, as those of a queue in memory do. `close` stores the rest.
 */
export class GatheredRows implements ResultsWriter {
  readonly #results: ResultsWriter;
  readonly #options: GatheredRowsOptions;
  readonly #storing = new Set<Promise<void>>();
  readonly #failed = Promise.withResolvers<never>();
  #rows: ResultRow[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(results: ResultsWriter, options: GatheredRowsOptions) {
    this.#results = results;
    this.#options = options;
    this.#failed.promise.catch(() => {}); // thrown by `append` and `close`
  }

  /** Rejects with the first fault for which rows could not be stored; otherwise stays pending. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** @throws the first fault for which earlier rows could not be stored */
  async append(rows: readonly ResultRow[]): Promise<void> {
    this.#rows.push(...rows);
    if (this.#rows.length >= this.#options.rows) this.#store();
    else if (this.#rows.length > 0) this.#timer ??= setTimeout(() => this.#store(), this.#options.ageMs);
    while (this.#storing.size > writers) await Promise.race([...this.#storing, this.failed]);
  }

  /** Resolves once every row is durable. @throws the first fault for which rows could not be stored */
  async close(): Promise<void> {
    this.#store();
    await Promise.race([Promise.all(this.#storing), this.failed]);
  }

  #store(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const rows = this.#rows;
    this.#rows = [];
    if (rows.length === 0) return;
    const storing = this.#results.append(rows).then(
      () => void this.#storing.delete(storing),
      (error: unknown) => this.#failed.reject(error),
    );
    this.#storing.add(storing);
  }
}
