/** The bytes of a published file. */
export interface FileForm {
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/** A file that can be downloaded. */
export interface PublishedFile {
  /** File name in the folder of downloads. */
  readonly file: string;
  /** The accepted bytes. Several forms of a text differ only in line ends. */
  readonly forms: readonly [FileForm, ...FileForm[]];
  /** Tried in this order. */
  readonly urls: readonly string[];
}
