/** A file that can be downloaded. */
export interface PublishedFile {
  /** File name in the folder of downloads. */
  readonly file: string;
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  /** Tried in this order. */
  readonly urls: readonly string[];
  /** True for lines of text: a copy with other line ends is accepted too, see `normalizedText`. */
  readonly isText?: boolean;
}
