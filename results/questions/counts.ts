import type { Computation } from './computation.ts';

/** How many images were rejected for a reason. */
export interface ReasonCount {
  readonly reason: string;
  readonly count: number;
}

/** Images by status. */
export interface StatusCounts {
  readonly classified: number;
  readonly rejected: number;
  /** Images whose object was deleted, whatever their outcome was before. */
  readonly deleted: number;
  /** The rejected images by reason, most frequent first. */
  readonly reasons: readonly ReasonCount[];
}

/** Rows of one model and preprocessing. */
export interface ComputationCounts extends Computation {
  readonly classified: number;
  readonly rejected: number;
  /** Images whose object was deleted. */
  readonly deleted: number;
}

/** A label and how many images have it. */
export interface LabelCount {
  readonly label: string;
  readonly label_id: string;
  readonly images: number;
}
