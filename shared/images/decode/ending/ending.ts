/** A file of which nothing but the end marker may be missing. */
export interface Restored {
  /** The file with its end marker. */
  readonly restored: Buffer;
  /** Decoding this to its last row fails, or warns, if and only if pixels are missing. */
  readonly probe: Buffer;
}

/** A complete file, unless its last deflated pixels end early: zeros in place of them are codes of other pixels. */
export interface Deflated {
  readonly restored: Buffer;
  readonly deflated: Buffer;
  /** Maximum length of the pixels, bytes. */
  readonly maxBytes: number;
}

/** Whether a file is as long as its own structure declares, as far as the first image needs it. */
export type Ending = 'complete' | 'truncated' | Restored | Deflated;
