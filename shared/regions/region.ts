/** A rectangle inside the upright original image: whole pixels, at least one wide and one high. */
export interface Box {
  /** Of the left edge. */
  readonly x: number;
  /** Of the upper edge. */
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A box that may hold an object of any kind. */
export interface ProposedRegion extends Box {
  /** How much it looks like an object, 0 to 1; a rank, not a probability. */
  readonly objectness: number;
}

/** A region that the network named, as it stands in the row of its image. */
export interface LabeledRegion extends ProposedRegion {
  readonly label_id: string;
  readonly label: string;
  /** 0 to 1. */
  readonly probability: number;
}
