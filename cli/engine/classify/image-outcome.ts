import type { ClassifiedRow, ImageRow, RejectedRow, StoredRegion } from '../../../shared/rows/row.ts';

/** The columns of a classified row that say something without a store. */
type ClassifiedColumns =
  | 'status'
  | 'label'
  | 'label_id'
  | 'probability'
  | 'top'
  | 'embedding'
  | 'width'
  | 'height'
  | 'format'
  | 'provider';

/** The labels and the embedding of an image. */
export interface ClassifiedImage extends Pick<ClassifiedRow, ClassifiedColumns> {
  /** The path as it was given, the path of a URL, or the given name. */
  readonly name: string;
  /** Bytes of the encoded image. */
  readonly bytes: number;
  /** The regions that show an object, the most probable first; absent unless they were asked for. */
  readonly regions?: readonly StoredRegion[];
}

/** An image without labels, and why. */
export interface RejectedImage extends Pick<RejectedRow, 'status' | 'reason' | 'detail'> {
  readonly name: string;
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
    ...(row.regions === undefined ? {} : { regions: row.regions }),
  };
}
