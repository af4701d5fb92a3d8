import type { FailureReason } from '../../../shared/failures/failure.ts';
import type { ImageRow, ScoredLabel } from '../../../shared/rows/row.ts';

/** The labels and the embedding of an image. */
export interface ClassifiedImage {
  readonly status: 'classified';
  /** The path as it was given, the path of a URL, or the given name. */
  readonly name: string;
  /** The most probable label. */
  readonly label: string;
  readonly label_id: string;
  /** Of the most probable label, 0 to 1. */
  readonly probability: number;
  /** The five most probable labels, most probable first; fewer if the model has fewer. */
  readonly top: readonly ScoredLabel[];
  /** The input of the network's last linear layer, the mean of all crops: 1024 numbers for googlenet. */
  readonly embedding: Float32Array;
  /** Pixels, after the EXIF orientation has been applied. */
  readonly width: number;
  readonly height: number;
  /** Of the content, not the name: `jpeg`, `png`, `webp`, ... */
  readonly format: string;
  /** Bytes of the encoded image. */
  readonly bytes: number;
  /** Execution provider that ran the network: `cpu`, `cuda`, ... */
  readonly provider: string;
}

/** An image without labels, and why. */
export interface RejectedImage {
  readonly status: 'rejected';
  readonly name: string;
  readonly reason: FailureReason;
  /** The reason in one line. */
  readonly detail: string;
}

/** The outcome of one image; `status` tells which kind it is. */
export type ImageOutcome = ClassifiedImage | RejectedImage;

export function outcomeOf(row: ImageRow, name: string): ImageOutcome {
  if (row.status === 'rejected') return { status: 'rejected', name, reason: row.reason, detail: row.detail };
  const { status, label, label_id, probability, top, width, height, format, bytes, provider } = row;
  // The rows of a batch are views of one array, which an embedding that is kept would keep too.
  const embedding = row.embedding.slice();
  return {
    ...{ status, name, label, label_id, probability, top, embedding },
    ...{ width, height, format, bytes: bytes ?? 0, provider },
  };
}
