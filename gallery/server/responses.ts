import type { statuses } from './filter-values.ts';

/** JSON responses of the gallery's server: types only, shared with the page. Times are ISO 8601 in UTC. */

export type Status = (typeof statuses)[number];

/** A result, as a tile in the grid. */
export interface ImageItem {
  /** 16 hexadecimal digits: a hash of image, model and preprocessing. */
  readonly id: string;
  readonly key: string;
  readonly job: string;
  readonly status: Status;
  readonly reason: string | null;
  readonly label: string | null;
  readonly labelId: string | null;
  /** 0 to 1. */
  readonly probability: number | null;
  /** If the image has results of several models: the name of this one, longer if other models have the same name. */
  readonly modelName: string | null;
}

/** A page of the filtered and sorted images. */
export interface ImagesPage {
  /** Version of the results that were read; positions may differ between versions. */
  readonly version: number;
  /** Number of images on all pages. */
  readonly count: number;
  readonly offset: number;
  readonly images: readonly ImageItem[];
}

export interface Count {
  readonly name: string;
  readonly images: number;
}

/** Images of one class; `name` is its whole label. */
export interface LabelCount extends Count {
  readonly labelId: string;
}

export interface ReasonCount extends Count {
  /** The reason, explained. */
  readonly meaning: string;
  /** Whether a later run retries these images. */
  readonly isRetried: boolean;
}

/** A filter by a value that the results do not have. */
export interface UnknownFilter {
  readonly name: 'job' | 'label' | 'region' | 'model' | 'reason';
  readonly value: string;
  /** The nearest existing value; null if no value is near. */
  readonly suggestion: string | null;
}

/** Counts of the filtered images. Each list ignores the filter on its own column. */
export interface Overview {
  readonly version: number;
  readonly count: number;
  readonly statuses: readonly Count[];
  readonly jobs: readonly Count[];
  readonly models: readonly Count[];
  readonly reasons: readonly ReasonCount[];
  /** Most frequent first, at most `maxLabels`. */
  readonly labels: readonly LabelCount[];
  readonly labelCount: number;
  /** Labels of regions, each with the images that have one or more of them; otherwise as `labels`. Empty without regions. */
  readonly regionLabels: readonly LabelCount[];
  readonly regionLabelCount: number;
  /** Histogram of the label probability: 20 bins of 0.05. */
  readonly probabilities: readonly number[];
  /** Filters that select no image because of their value alone. */
  readonly unknown: readonly UnknownFilter[];
}

/** A job's progress, counted from its rows. */
export interface LiveJob {
  readonly job: string;
  /** The images: the path of a folder, or `s3://bucket/prefix`; null if the store does not record it. */
  readonly source: string | null;
  readonly classified: number;
  readonly rejected: number;
  readonly deleted: number;
  readonly latest: string;
  /** Images per second now; 0 if the job is idle. */
  readonly perSecond: number;
  /**
   * `stopped`: a run on your own machine ended, or was killed, with images left. `watching`: a folder is being watched, so the
   * total is unknown.
   */
  readonly stage: 'running' | 'watching' | 'stopped' | 'idle';
  /** Present while the job has a total: if it has an image list, or a run of it on your own machine is not complete. */
  readonly progress?: JobTotal | undefined;
}

/** Always finished + pending = total. */
export interface JobTotal {
  readonly total: number;
  /** Images with an outcome; of a run, also those that other jobs finished. */
  readonly finished: number;
  readonly pending: number;
  /** Null if unknown. */
  readonly secondsLeft: number | null;
}

/** Pushed to the page on every change. */
export interface LiveState {
  readonly version: number;
  readonly images: number;
  readonly jobs: readonly LiveJob[];
  /** Why the latest results could not be read; the page then shows older ones. */
  readonly problem: string | null;
}

/** Commands that the page shows, as the user would type them. */
export interface GalleryCommands {
  /** Classifies images into this store. */
  readonly run: string;
  /** Serves this store with search by image. */
  readonly search: string;
}

export interface GalleryInfo {
  readonly store: string;
  /** The model that embeds dropped images; null without one. */
  readonly model: string | null;
  readonly commands: GalleryCommands;
}

export interface Score {
  readonly labelId: string;
  readonly label: string;
  readonly probability: number;
}

/** A region that was kept, in pixels of the upright original. */
export interface ImageRegion extends Score {
  /** Number in the list of its image, from 1. */
  readonly region: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The result of another model for the same image. */
export interface OtherResult extends Pick<ImageItem, 'id' | 'status' | 'reason' | 'label' | 'labelId' | 'probability'> {
  readonly modelName: string;
}

/** All fields of a result except its embedding. */
export interface ImageDetail extends ImageItem {
  readonly bucket: string;
  readonly version: string | null;
  /** `name@digest`. */
  readonly model: string;
  readonly preprocess: string;
  /** The other results of this image, latest first. */
  readonly others: readonly OtherResult[];
  readonly top: readonly Score[];
  /** In the order of the row; null if the image was classified without regions. */
  readonly regions: readonly ImageRegion[] | null;
  readonly meaning: string | null;
  readonly detail: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly format: string | null;
  readonly bytes: number | null;
  readonly provider: string | null;
  readonly ingestedAt: string;
  readonly classifiedAt: string | null;
  /** Index in the filtered and sorted images; null if the filter excludes it. */
  readonly position: number | null;
}

/**
 * Whether the stored object is still the classified one: `other` if it was overwritten, `unknown` if the result has no
 * etag to compare.
 */
export interface ObjectState {
  readonly state: 'same' | 'other' | 'gone' | 'unreadable' | 'unknown';
  /** Explanation; empty for `same`. */
  readonly detail: string;
}

/** What happened to an object since it was classified: overwritten or removed. */
export type ObjectChange = 'other' | 'gone';

/** The images among the requested ones whose objects are known to have changed, by id. */
export interface ObjectChanges {
  readonly changes: Readonly<Record<string, ObjectChange>>;
}

export interface SimilarImage extends ImageItem {
  /** Cosine similarity of the embeddings, at most 1. */
  readonly similarity: number;
}

export interface SimilarImages {
  readonly images: readonly SimilarImage[];
}

export interface SimilarRegion extends ImageRegion {
  readonly image: ImageItem;
  /** Of the upright original. */
  readonly imageWidth: number;
  readonly imageHeight: number;
  /** Cosine similarity of the embeddings, at most 1. */
  readonly similarity: number;
}

export interface SimilarRegions {
  readonly regions: readonly SimilarRegion[];
}

export interface SearchResponse extends SimilarImages {
  /** Predicted labels of the query image. */
  readonly top: readonly Score[];
  /** Whether the results have regions of the model, which can be searched too. */
  readonly hasRegions: boolean;
}

export interface RegionSearchResponse extends SimilarRegions {
  /** Predicted labels of the query image, or of the box in it. */
  readonly top: readonly Score[];
  /** Of the upright query image, in the pixels of a box. */
  readonly width: number;
  readonly height: number;
}

/** Why a request failed. */
export interface ErrorResponse {
  readonly error: string;
  /** Failure reason code, if the image caused the error. */
  readonly reason?: string | undefined;
}
