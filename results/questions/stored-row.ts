import type { LabeledRegion } from '../../shared/regions/region.ts';
import type { ClassifiedRow, DeletedRow, ImageRow, RejectedRow } from '../../shared/rows/row.ts';

/**
 * Selects rows of the results. Each field narrows the selection; an empty filter selects every row but deleted images. A job,
 * label or model that the results do not have is an error.
 */
export interface RowFilter {
  /** The exact name of a job. */
  readonly job?: string | undefined;
  /** `deleted` selects images whose object was deleted. @default classified and rejected images */
  readonly status?: 'classified' | 'rejected' | 'deleted' | undefined;
  /** A label by its name, its id or, for ImageNet's labels, one of its synonyms, in upper or lower case: `tench`. */
  readonly label?: string | undefined;
  /** A model by its name or the start of its id, as for `results --model`: `googlenet`, `googlenet@0123`. */
  readonly model?: string | undefined;
  /** The smallest probability of the label, 0 to 1. */
  readonly minProbability?: number | undefined;
  /** The beginning of the key, such as `2026/`. */
  readonly prefix?: string | undefined;
}

/** A classified image of the results. */
export interface ClassifiedImageRow
  extends Omit<ClassifiedRow, 'sequencer' | 'reason' | 'detail' | 'embedding' | 'regions' | 'proposals'> {
  /** Float32, 1024 numbers for GoogLeNet; only in results that were opened with `embeddings`. */
  readonly embedding?: Float32Array;
  /** The regions that were kept; null if the image was classified without regions. */
  readonly regions: readonly LabeledRegion[] | null;
  /** Regions that were proposed and given to the network, kept or not; null without regions. */
  readonly proposals: number | null;
}

/** A rejected image of the results. */
export interface RejectedImageRow extends Omit<RejectedRow, 'sequencer'> {}

/** An image whose object was deleted after it was classified or rejected. */
export interface DeletedImageRow
  extends Omit<DeletedRow, 'sequencer' | 'reason' | 'detail' | 'etag' | 'bytes'>,
    Pick<ImageRow, 'etag' | 'bytes'> {
  /** The label before the deletion; null if the image had been rejected. */
  readonly label: string | null;
}

/** A row of the results, by `status`. Names are those of the Parquet columns. */
export type StoredRow = ClassifiedImageRow | RejectedImageRow | DeletedImageRow;
