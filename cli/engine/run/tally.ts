import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import type { FailureReason } from '../../../shared/failures/failure.ts';
import type { DeletedRow, ImageRow, ResultRow } from '../../../shared/rows/row.ts';
import type { ResultsWriter } from '../../../shared/stores/ports.ts';

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
  /** Deletions that were noted: no images of the run. */
  readonly deleted: number;
}

/** Counts images by what became of them. Only rows that are durable count. */
export class Tally {
  readonly #pending = new Map<string, Date>();
  readonly #deletions = new Set<string>();
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
      deleted: this.#deletions.size,
    };
  }

  /** True once every image has been listed and has an outcome. */
  get complete(): boolean {
    return this.#ended && this.#pending.size === 0;
  }

  /** Images that have been listed and have no outcome yet, and when each was last seen. */
  get pending(): ReadonlyMap<string, Date> {
    return this.#pending;
  }

  /** An image that an earlier run has finished. */
  skip(status: ImageRow['status']): void {
    this.#listed += 1;
    this.#done += 1;
    if (status === 'classified') this.#classifiedBefore += 1;
  }

  /** An image that is on its way; one that is on its way already, overwritten meanwhile, counts once. A deletion is none. */
  add({ kind, bucket, key, eventTime }: Pick<UploadEvent, 'kind' | 'bucket' | 'key' | 'eventTime'>): void {
    if (kind === 'deleted') return;
    const image = `${bucket}/${key}`;
    if (!this.#pending.has(image)) this.#listed += 1;
    this.#pending.set(image, eventTime);
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

  #count(row: ResultRow): void {
    if (row.status === 'deleted') this.#delete(row);
    else if (!this.#pending.delete(`${row.bucket}/${row.key}`)) return;
    else if (row.status === 'classified') this.#classified += 1;
    else {
      this.#rejected += 1;
      this.#reasons.set(row.reason, (this.#reasons.get(row.reason) ?? 0) + 1);
    }
  }

  /** An image that is deleted while it is on its way is none of the run's any more: it may never get a row. */
  #delete({ image_id, bucket, key, event_time }: DeletedRow): void {
    this.#deletions.add(image_id);
    const image = `${bucket}/${key}`;
    const seen = this.#pending.get(image);
    if (seen === undefined || seen > event_time) return;
    this.#pending.delete(image);
    this.#listed -= 1;
    if (this.#total !== undefined) this.#total -= 1;
  }
}
