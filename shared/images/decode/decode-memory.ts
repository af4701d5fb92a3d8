/** The memory that images take while they are decoded. */
export interface DecodeMemory {
  /** Bytes for all of them together, and so the most that one may need. */
  readonly bytes: number;
  /** Waits until so many bytes may be taken beside those that are. */
  hold<T>(bytes: number, work: () => Promise<T>): Promise<T>;
  /** Waits until no image is being decoded, and keeps others waiting. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export const unboundedMemory: DecodeMemory = {
  bytes: Number.POSITIVE_INFINITY,
  hold: (_, work) => work(),
  alone: (work) => work(),
};
