import type { FailureReason } from '../failures/failure.ts';
import type { LabeledRegion } from '../regions/region.ts';

export interface ScoredLabel {
  readonly label_id: string;
  readonly label: string;
  /** 0 to 1. */
  readonly probability: number;
}

/** The columns of every row. Their names are those of the Parquet files. */
interface RowBase {
  /** `bucket/key@version`; unique in the results together with `model` and `preprocess`. */
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
  /** Size of the object; null if it was never read. */
  readonly bytes: number | null;
  /** S3's sequencer of the event: orders the events of one key; null for images without one. */
  readonly sequencer: string | null;
  readonly event_time: Date;
  readonly ingested_at: Date;
}

/** A region of an image that shows an object. */
export interface StoredRegion extends LabeledRegion {
  /** The input of the network's last linear layer for the crop of the region. Stored in a part of its own. */
  readonly embedding: Float32Array;
}

export interface ClassifiedRow extends RowBase {
  readonly status: 'classified';
  readonly reason: null;
  readonly detail: null;
  /** The most probable label. */
  readonly label: string;
  readonly label_id: string;
  /** Of `label`, 0 to 1, float32. */
  readonly probability: number;
  /** The five most probable labels, most probable first; fewer if the model has fewer. */
  readonly top: readonly ScoredLabel[];
  /** The input of the network's last linear layer, the mean of all crops: 1024 numbers for googlenet. */
  readonly embedding: Float32Array;
  /** Pixels, after the EXIF orientation has been applied. */
  readonly width: number;
  readonly height: number;
  /** Of the content, not the name: `jpeg`, `png`, `webp`, … */
  readonly format: string;
  /** The execution provider that ran the network: `cpu`, `cuda`, … */
  readonly provider: string;
  readonly classified_at: Date;
  /** The regions that were kept, in a fixed order; absent if the image was classified without regions. */
  readonly regions?: readonly StoredRegion[];
  /** Regions that were proposed and given to the network, kept or not; absent as `regions` is. */
  readonly proposals?: number;
}

export interface RejectedRow extends RowBase {
  readonly status: 'rejected';
  readonly reason: FailureReason;
  /** The cause in one line; where a value was wrong, with the expected and the received one. */
  readonly detail: string;
}

/**
 * Marks the rows of a deleted object: of one version of a key or, if `version` is null, of all versions up to then. It
 * marks rows of every model; `model` and `preprocess` are those of the ingest that received the event. Readers of the view
 * `results` see the marked rows only.
 */
export interface DeletedRow extends RowBase {
  readonly status: 'deleted';
  readonly etag: null;
  readonly bytes: null;
  readonly reason: null;
  readonly detail: null;
}

export type ImageRow = ClassifiedRow | RejectedRow;

export type ResultRow = ImageRow | DeletedRow;
