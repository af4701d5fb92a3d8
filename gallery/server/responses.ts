/**
 * What the gallery's server answers, in JSON: types alone, which the page imports too. Moments are ISO 8601 in UTC.
 */

export type Status = 'classified' | 'rejected' | 'deleted';

/** A result as the grid shows it. */
export interface ImageItem {
  /** 16 hexadecimal digits that stand for image, model and preprocessing. */
  readonly id: string;
  readonly key: string;
  readonly job: string;
  readonly status: Status;
  readonly reason: string | null;
  readonly label: string | null;
  /** 0 to 1. */
  readonly probability: number | null;
}

/** A window of the images that a filter leaves, in the order asked for. */
export interface ImagesPage {
  /** Of the results as they were read; a higher one may have other images at the same place. */
  readonly version: number;
  /** How many images there are in all of the order. */
  readonly count: number;
  readonly offset: number;
  readonly images: readonly ImageItem[];
}

export interface Count {
  readonly name: string;
  readonly images: number;
}

export interface ReasonCount extends Count {
  /** The reason in words. */
  readonly meaning: string;
  /** Whether a later run tries such images again. */
  readonly triedAgain: boolean;
}

/** What a filter leaves, counted; each list as if the filter did not ask for one of it. */
export interface Overview {
  readonly version: number;
  readonly count: number;
  readonly statuses: readonly Count[];
  readonly jobs: readonly Count[];
  readonly models: readonly Count[];
  readonly reasons: readonly ReasonCount[];
  /** Most images first, no more than `maxLabels` of them. */
  readonly labels: readonly Count[];
  readonly labelCount: number;
  /** Images by the probability of their label: twenty steps of 0.05. */
  readonly probabilities: readonly number[];
}

/** A job as its rows tell it. `total` and `pending` are there where it is known how many images it has. */
export interface LiveJob {
  readonly job: string;
  readonly classified: number;
  readonly rejected: number;
  readonly deleted: number;
  readonly latest: string;
  /** Images a second over the last two minutes; 0 once nothing came for a while. */
  readonly perSecond: number;
  readonly total?: number | undefined;
  readonly pending?: number | undefined;
}

/** What is pushed whenever it changes. */
export interface LiveState {
  readonly version: number;
  readonly images: number;
  readonly jobs: readonly LiveJob[];
  /** Why the results could not be read anew, for a person; what is shown is then older. */
  readonly problem: string | null;
}

export interface GalleryInfo {
  readonly store: string;
  /** The model by which dropped images are searched; null where none was given. */
  readonly model: string | null;
}

export interface Score {
  readonly labelId: string;
  readonly label: string;
  readonly probability: number;
}

/** All that is known of a result, but its embedding. */
export interface ImageDetail extends ImageItem {
  readonly bucket: string;
  readonly version: string | null;
  readonly model: string;
  readonly preprocess: string;
  readonly top: readonly Score[];
  readonly meaning: string | null;
  readonly detail: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly format: string | null;
  readonly bytes: number | null;
  readonly provider: string | null;
  readonly ingestedAt: string;
  readonly classifiedAt: string | null;
  /** Its place in the filtered order that was asked with; null where that leaves it out. */
  readonly position: number | null;
}

/**
 * The object there is now, against the one that the result is of: `other` where it has been overwritten since, `unknown`
 * where the result does not say which one it is of.
 */
export interface ObjectState {
  readonly state: 'same' | 'other' | 'gone' | 'unreadable' | 'unknown';
  /** For a person; empty where it is the same. */
  readonly detail: string;
}

export interface SimilarImage extends ImageItem {
  /** Cosine of the embeddings, at most 1. */
  readonly similarity: number;
}

export interface SimilarImages {
  readonly images: readonly SimilarImage[];
}

export interface SearchResponse extends SimilarImages {
  /** What the model takes the image for that was searched by. */
  readonly top: readonly Score[];
}

/** Why a request was refused. */
export interface ErrorResponse {
  readonly error: string;
  /** From the closed set, where an image was at fault. */
  readonly reason?: string | undefined;
}
