import type { FailureReason } from '../failures/failure.ts';

export interface ScoredLabel {
  readonly label_id: string;
  readonly label: string;
  /** 0 to 1. */
  readonly probability: number;
}

/** What is known of every image, whatever became of it. Column names are those of the Parquet files. */
interface RowBase {
  /** `bucket/key@version`; with `model` and `preprocess` the identity of a result. */
  readonly image_id: string;
  readonly bucket: string;
  readonly key: string;
  readonly version: string | null;
  readonly etag: string | null;
  readonly job: string;
  /** `name@digest` of the network and its labels, see `modelId`. */
  readonly model: string;
  /** Digest of the preprocessing, see `preprocessDigest`. */
  readonly preprocess: string;
  /** Bytes of the object; null where it was never read. */
  readonly bytes: number | null;
  /** Of the event, as S3 gives it: orders the events of one key; null where the image came without one. */
  readonly sequencer: string | null;
  readonly event_time: Date;
  readonly ingested_at: Date;
}

export interface ClassifiedRow extends RowBase {
  readonly status: 'classified';
  readonly reason: null;
  readonly detail: null;
  readonly label: string;
  readonly label_id: string;
  readonly probability: number;
  /** The five most probable labels, most probable first. */
  readonly top: readonly ScoredLabel[];
  /** What feeds the network's last linear layer, as long as the manifest says. */
  readonly embedding: Float32Array;
  /** Pixels, after the EXIF orientation has been applied. */
  readonly width: number;
  readonly height: number;
  /** Of the content, not of the name: `jpeg`, `png`, `webp`, ... */
  readonly format: string;
  /** Execution provider that computed the row: `cpu`, `cuda`, ... */
  readonly provider: string;
  readonly classified_at: Date;
}

export interface RejectedRow extends RowBase {
  readonly status: 'rejected';
  readonly reason: FailureReason;
  /** One line for a person: what was expected and what came. */
  readonly detail: string;
}

/**
 * That an object was deleted: marks the rows of one version of a key or, where `version` is null, of all that the key
 * held up to then. `model` and `preprocess` are those of the ingest that was told; it marks rows of every model. Readers
 * of the view `results` see only what it marks.
 */
export interface DeletedRow extends RowBase {
  readonly status: 'deleted';
  readonly etag: null;
  readonly bytes: null;
  readonly reason: null;
  readonly detail: null;
}

/** What became of an image. */
export type ImageRow = ClassifiedRow | RejectedRow;

export type ResultRow = ImageRow | DeletedRow;
