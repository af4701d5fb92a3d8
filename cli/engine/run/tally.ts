import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import type { FailureReason } from '../../../shared/failures/failure.ts';
import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import type { DeletedRow, ImageRow, ResultRow } from '../../../shared/rows/row.ts';
import type { SkippedName } from '../../../shared/stores/ports.ts';
import type { LabelCount } from './label-count.ts';
import { type RegionCounts, RegionTally } from './region-tally.ts';

/** Progress of a run. Always done + classified + rejected + pending = total, once `total` is known. */
export interface Counts {
  /** Images of the run; undefined until the listing has ended. */
  readonly total: number | undefined;
  /** Finished by an earlier run. */
  readonly done: number;
  /** Classified images among `done`. */
  readonly classifiedBefore: number;
  readonly classified: number;
  readonly rejected: number;
  readonly reasons: ReadonlyMap<FailureReason, number>;
  /** Deletions recorded; not images of the run. */
  readonly deleted: number;
}

/** What a run found. */
export interface Findings extends Counts {
  /** Classified images of this run by their most probable label. */
  readonly labels: ReadonlyMap<string, LabelCount>;
  /** Regions of the classified images of this run. */
  readonly regions: RegionCounts;
  /** Names that are no images. */
  readonly skipped: ReadonlyMap<SkippedName, number>;
}

/** Images that have an outcome. */
export function finishedCount({ done, classified, rejected }: Counts): number {
  return done + classified + rejected;
}

/** Counts images by outcome. Only durable rows count. */
export class Tally {
  readonly #pending = new Map<string, Date>();
  readonly #deletions = new Set<string>();
  readonly #reasons = new Map<FailureReason, number>();
  readonly #labels = new Map<string, LabelCount>();
  readonly #regions = new RegionTally();
  readonly #skipped = new Map<SkippedName, number>();
  #listed = 0;
  #done = 0;
  #classified = 0;
  #rejected = 0;
  #total: number | undefined;
  #ended = false;
  #classifiedBefore = 0;

  get counts(): Findings {
    return {
      total: this.#total,
      done: this.#done,
      classifiedBefore: this.#classifiedBefore,
      classified: this.#classified,
      rejected: this.#rejected,
      reasons: this.#reasons,
      deleted: this.#deletions.size,
      labels: this.#labels,
      regions: this.#regions.counts,
      skipped: this.#skipped,
    };
  }

  /** True once every image has been listed and has an outcome. */
  get complete(): boolean {
    return this.#ended && this.#pending.size === 0;
  }

  /** Images listed without an outcome yet, and when each was last seen. */
  get pending(): ReadonlyMap<string, Date> {
    return this.#pending;
  }

  /** Counts an image that an earlier run has finished. */
  skip(status: ImageRow['status']): void {
    this.#listed += 1;
    this.#done += 1;
    if (status === 'classified') this.#classifiedBefore += 1;
  }

  /** Counts a name that is no image. */
  skipName(why: SkippedName): void {
    this.#skipped.set(why, (this.#skipped.get(why) ?? 0) + 1);
  }

  /** Counts an image in progress. An image that is overwritten meanwhile counts once; a deletion does not count. */
  add({ kind, bucket, key, eventTime }: Pick<UploadEvent, 'kind' | 'bucket' | 'key' | 'eventTime'>): void {
    if (kind === 'deleted') return;
    const image = `${bucket}/${key}`;
    if (!this.#pending.has(image)) this.#listed += 1;
    this.#pending.set(image, eventTime);
  }

  /** Sets the total that a separate listing found; ignored once all images were added. */
  expect(total: number): void {
    if (this.#ended) return;
    this.#total = Math.max(total, this.#listed);
  }

  /** Called after the last image was added. */
  end(): void {
    this.#ended = true;
    this.#total = this.#listed;
  }

  /** Wraps a writer to count rows once they are durable; a row that is written twice counts once. */
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
    else if (row.status === 'classified') {
      const { label_id, label } = row;
      this.#classified += 1;
      this.#labels.set(label_id, { label_id, label, count: (this.#labels.get(label_id)?.count ?? 0) + 1 });
      this.#regions.add(row);
    } else {
      this.#rejected += 1;
      this.#reasons.set(row.reason, (this.#reasons.get(row.reason) ?? 0) + 1);
    }
  }

  /** An image that is deleted while in progress may never get a row, so it leaves the run. */
  #delete({ image_id, bucket, key, event_time }: DeletedRow): void {
    this.#deletions.add(image_id);
    const image = `${bucket}/${key}`;
    const lastSeen = this.#pending.get(image);
    if (lastSeen === undefined || lastSeen > event_time) return;
    this.#pending.delete(image);
    this.#listed -= 1;
    if (this.#total !== undefined) this.#total -= 1;
  }
}
