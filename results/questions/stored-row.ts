import type { FailureReason } from '../../shared/failures/failure.ts';
import type { ScoredLabel } from '../../shared/rows/row.ts';

/** Selects rows of the results. Each field narrows the selection; an empty filter selects every row but deleted images. */
export interface RowFilter {
  /** The exact name of a job. */
  readonly job?: string | undefined;
  /** `deleted` selects images whose object was deleted. @default classified and rejected images */
  readonly status?: 'classified' | 'rejected' | 'deleted' | undefined;
  /** A label by its name, its id or, for ImageNet's labels, one of its synonyms, in upper or lower case: `tench`. */
  readonly label?: string | undefined;
  /** A model by its name, or by its id: `name@` and 12 hexadecimal digits. */
  readonly model?: string | undefined;
  /** The beginning of the key, such as `2026/`. */
  readonly prefix?: string | undefined;
}

/** Columns of every row. */
interface StoredBase {
  /** `bucket/key@version`; unique together with `model` and `preprocess`. */
  readonly image_id: string;
  /** The bucket, or the absolute path of the folder. */
  readonly bucket: string;
  /** The key, or the path in the folder. */
  readonly key: string;
  /** Null in folders and buckets without versions. */
  readonly version: string | null;
  readonly etag: string | null;
  readonly job: string;
  /** `name@` and 12 hexadecimal digits that identify the network and its labels. */
  readonly model: string;
  /** Identifies how images are resized and cropped. */
  readonly preprocess: string;
  /** Size of the file; null if it was never read. */
  readonly bytes: number | null;
  readonly event_time: Date;
  readonly ingested_at: Date;
}

/** A classified image of the results. */
export interface ClassifiedImageRow extends StoredBase {
  readonly status: 'classified';
  readonly label: string;
  readonly label_id: string;
  /** Of `label`, 0 to 1, float32. */
  readonly probability: number;
  /** At most five labels, most probable first. */
  readonly top: readonly ScoredLabel[];
  /** Float32, 1024 numbers for GoogLeNet; only in results that were opened with `embeddings`. */
  readonly embedding?: Float32Array;
  /** Pixels of the upright image. */
  readonly width: number;
  readonly height: number;
  /** Of the content, not the name: `jpeg`, `png`, `webp`, … */
  readonly format: string;
  /** What ran the network: `cpu`, `cuda`, … */
  readonly provider: string;
  readonly classified_at: Date;
}

/** A rejected image of the results. */
export interface RejectedImageRow extends StoredBase {
  readonly status: 'rejected';
  readonly reason: FailureReason;
  /** The reason in one line. */
  readonly detail: string;
}

/** An image whose object was deleted after it was classified or rejected. */
export interface DeletedImageRow extends StoredBase {
  readonly status: 'deleted';
  /** The label before the deletion; null if the image had been rejected. */
  readonly label: string | null;
}

/** A row of the results, by `status`. Names are those of the Parquet columns. */
export type StoredRow = ClassifiedImageRow | RejectedImageRow | DeletedImageRow;
