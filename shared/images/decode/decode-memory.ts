/** The memory budget that concurrently decoded images share. */
export interface DecodeMemory {
  /** The maximum for one image, bytes; not more than the whole budget. */
  readonly bytes: number;
  /** Waits until this many bytes of the budget are free. */
  hold<T>(bytes: number, work: () => Promise<T>): Promise<T>;
  /** Waits until no image is being decoded, and blocks others meanwhile. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** Memory for reading a header. */
export const headerBytes = 2 ** 20;

export const unboundedMemory: DecodeMemory = {
  bytes: Number.POSITIVE_INFINITY,
  hold: (_, work) => work(),
  alone: (work) => work(),
};
