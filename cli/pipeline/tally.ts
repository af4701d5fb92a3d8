import type { FailureReason } from '../../shared/failure.ts';
import type { ResultsWriter } from '../../shared/ports.ts';
import type { ResultRow } from '../../shared/results/row.ts';

/** Where a run stands. At every moment done + classified + rejected + pending = total, once `total` is known. */
export interface Counts {
  /** Images that the run is about; undefined until the listing has ended. */
  readonly total: number | undefined;
  /** Finished by an earlier run and not computed again. */
  readonly done: number;
  /** Of these, the classified. */
  readonly classifiedBefore: number;
  readonly classified: number;
  readonly rejected: number;
  readonly reasons: ReadonlyMap<FailureReason, number>;
}

/** Counts images by what became of them. Only rows that are durable count. */
export class Tally {
  readonly #pending = new Set<string>();
  readonly #reasons = new Map<FailureReason, number>();
  #listed = 0;
  #done = 0;
  #classified = 0;
  #rejected = 0;
  #total: number | undefined;
  #ended = false;
  #classifiedBefore = 0;

  get counts(): Counts {
    return {
      total: this.#total,
      done: this.#done,
      classifiedBefore: this.#classifiedBefore,
      classified: this.#classified,
      rejected: this.#rejected,
      reasons: this.#reasons,
    };
  }

  /** True once every image has been listed and has an outcome. */
  get complete(): boolean {
    return this.#ended && this.#pending.size === 0;
  }

  /** Images that have been listed and have no outcome yet. */
  get pending(): ReadonlySet<string> {
    return this.#pending;
  }

  /** An image that an earlier run has finished. */
  skip(status: ResultRow['status']): void {
    this.#listed += 1;
    this.#done += 1;
    if (status === 'classified') this.#classifiedBefore += 1;
  }

  /** An image that is on its way; one that is on its way already, overwritten meanwhile, counts once. */
  add(bucket: string, key: string): void {
    const image = `${bucket}/${key}`;
    if (this.#pending.has(image)) return;
    this.#listed += 1;
    this.#pending.add(image);
  }

  /** How many images a listing found; of no interest once the last of them is on its way. */
  expect(total: number): void {
    if (this.#ended) return;
    this.#total = Math.max(total, this.#listed);
  }

  /** No image will be added any more. */
  end(): void {
    this.#ended = true;
    this.#total = this.#listed;
  }

  /** The same writer, its rows counted once they are durable; a row that comes twice counts once. */
  counting(results: ResultsWriter): ResultsWriter {
    return {
      append: async (rows) => {
        await results.append(rows);
        for (const row of rows) this.#count(row);
      },
    };
  }

  #count({ bucket, key, status, reason }: ResultRow): void {
    if (!this.#pending.delete(`${bucket}/${key}`)) return;
    if (status === 'classified') this.#classified += 1;
    else {
      this.#rejected += 1;
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    }
  }
}
