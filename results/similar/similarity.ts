/** An image that is similar to what was asked for. */
export interface Hit {
  readonly image_id: string;
  /** Cosine of the angle between the embeddings, -1 to 1; of an index to within 0.001. */
  readonly similarity: number;
}

/** What is asked for beside the embedding. */
export interface SearchOptions {
  readonly limit: number;
  /** Only images of this job. */
  readonly job?: string | undefined;
  /** Only images of this label, by its name or its id. */
  readonly label?: string | undefined;
}

/**
 * Search among the embeddings that one model gave, of images that are classified and not deleted. Asks over the connection
 * of the results it was opened on, so a query of others that is still streamed from that connection ends early.
 */
export interface Similarity {
  /** `name@digest`, see `modelId`. */
  readonly model: string;
  /** See `preprocessDigest`. */
  readonly preprocess: string;
  /** Numbers of an embedding. */
  readonly dimensions: number;
  /** How many images are searched. */
  readonly images: number;
  /** Whether by comparing with each, or in an index that may miss some. */
  readonly how: 'exact' | 'indexed';
  /**
   * The most similar images, most similar first. Among those of a job or label each is compared with.
   * @throws {UserError} for an embedding of another length, or one that has no direction: zeros, NaN
   */
  nearest(embedding: Float32Array, wanted: SearchOptions): Promise<Hit[]>;
  /**
   * The same for an image of the results, which is left out of the answer.
   * @throws {UserError} where this model has no embedding of it
   */
  nearestTo(imageId: string, wanted: SearchOptions): Promise<Hit[]>;
  close(): Promise<void>;
}
