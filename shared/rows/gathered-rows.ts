import type { ResultsWriter } from './results-writer.ts';
import type { ResultRow } from './row.ts';

export interface GatheredRowsOptions {
  /** Rows in a full part. */
  readonly rows: number;
  /** A part is stored when its oldest row has waited this long, even if it is not full, milliseconds. */
  readonly ageMs: number;
}

interface Group {
  readonly rows: ResultRow[];
  readonly timer: NodeJS.Timeout;
  readonly stored: PromiseWithResolvers<void>;
}

/** Gathers the rows of many callers into full parts. Parts are stored in parallel. */
export class GatheredRows implements ResultsWriter {
  readonly #results: ResultsWriter;
  readonly #options: GatheredRowsOptions;
  readonly #failed = Promise.withResolvers<never>();
  #group: Group | undefined;

  constructor(results: ResultsWriter, options: GatheredRowsOptions) {
    this.#results = results;
    this.#options = options;
    this.#failed.promise.catch(() => {}); // `append` throws it too
  }

  /** Rejects with the first fault for which a part could not be stored; otherwise stays pending. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Resolves once the part with these rows is durable. */
  async append(rows: readonly ResultRow[]): Promise<void> {
    if (rows.length === 0) return;
    this.#group ??= {
      rows: [],
      timer: setTimeout(() => this.#store(), this.#options.ageMs),
      stored: Promise.withResolvers(),
    };
    const { stored } = this.#group;
    this.#group.rows.push(...rows);
    if (this.#group.rows.length >= this.#options.rows) this.#store();
    await stored.promise;
  }

  #store(): void {
    if (this.#group === undefined) return;
    const { rows, timer, stored } = this.#group;
    this.#group = undefined;
    clearTimeout(timer);
    this.#results.append(rows).then(stored.resolve, (error: unknown) => {
      this.#failed.reject(error);
      stored.reject(error);
    });
  }
}
