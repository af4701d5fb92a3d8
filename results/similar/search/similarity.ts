import type { Computation } from '../../questions/computation.ts';

/** An image of a search result. */
export interface Hit {
  readonly image_id: string;
  /** Cosine of the angle between the embeddings, -1 to 1; from an index accurate to 0.001. */
  readonly similarity: number;
}

/** A hit with columns of its row. */
export interface DescribedHit extends Hit {
  readonly bucket: string;
  readonly key: string;
  readonly job: string;
  readonly label: string | null;
  readonly label_id: string | null;
  /** Of `label`, 0 to 1. */
  readonly probability: number | null;
}

export interface SearchOptions {
  readonly limit: number;
  /** Only images of this job. */
  readonly job?: string | undefined;
  /** Only images with this label, see `matchesLabel`. */
  readonly label?: string | undefined;
}

/**
 * Search among the embeddings of one model, of images that are classified and not deleted. Uses the results that it was
 * opened on, so a search ends their open streams.
 */
export interface Similarity {
  /** `name@digest`, see `modelId`. */
  readonly model: string;
  /** See `preprocessDigest`. */
  readonly preprocess: string;
  /** Numbers per embedding. */
  readonly dimensions: number;
  /** Images that are searched. */
  readonly images: number;
  /** Other models and preprocessings that could have been searched instead, most images first. */
  readonly others: readonly Computation[];
  /** An index may miss some neighbors. */
  readonly how: 'exact' | 'indexed';
  /**
   * Nearest neighbors, most similar first. The images of a job or label are always searched exactly.
   * @throws {UserError} for an embedding of another length or without a direction: zeros, NaN
   */
  nearest(embedding: Float32Array, options: SearchOptions): Promise<Hit[]>;
  /**
   * Nearest neighbors of an image of the results, without the image itself.
   * @throws {UserError} if this model has no embedding of it
   */
  nearestTo(imageId: string, options: SearchOptions): Promise<Hit[]>;
  close(): Promise<void>;
}
