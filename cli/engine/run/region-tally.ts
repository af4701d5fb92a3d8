import type { ResultRow } from '../../../shared/rows/row.ts';
import type { LabelCount } from './label-count.ts';

/** Regions of the classified images of a run. */
export interface RegionCounts {
  /** Regions that were kept. */
  readonly kept: number;
  /** Images with at least one of them. */
  readonly images: number;
  /** Kept regions by their label. */
  readonly labels: ReadonlyMap<string, LabelCount>;
}

/** Counts the regions of rows. */
export class RegionTally {
  readonly #labels = new Map<string, LabelCount>();
  #kept = 0;
  #images = 0;

  get counts(): RegionCounts {
    return { kept: this.#kept, images: this.#images, labels: this.#labels };
  }

  /** @param row counts once: rows that are written twice are for the caller to leave out */
  add(row: ResultRow): void {
    const regions = row.status === 'classified' ? (row.regions ?? []) : [];
    this.#kept += regions.length;
    if (regions.length > 0) this.#images += 1;
    for (const { label_id, label } of regions) {
      this.#labels.set(label_id, { label_id, label, count: (this.#labels.get(label_id)?.count ?? 0) + 1 });
    }
  }
}
