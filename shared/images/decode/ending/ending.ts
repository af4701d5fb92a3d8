/** A file of which nothing but the end marker may be missing. */
export interface Restored {
  /** The file with its end marker. */
  readonly restored: Buffer;
  /** Decoding this to its last row fails, or warns, if and only if pixels are missing. */
  readonly probe: Buffer;
}

/** Whether a file is as long as its own structure declares, as far as the first image needs it. */
export type Ending = 'complete' | 'truncated' | Restored;
