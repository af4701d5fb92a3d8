/** An image in memory. */
export interface ImageBytes {
  /** Name of the image in its outcome. */
  readonly name: string;
  /** The encoded image: the content of a JPEG, PNG, WebP, ... file. Must not change until its outcome is known. */
  readonly bytes: Uint8Array;
}

/** An image that is read when its turn comes, once. */
export interface ImageStream {
  /** Name of the image in its outcome. */
  readonly name: string;
  /** The encoded image, such as the body of a response. Once its turn has come, it is read to its end or canceled. */
  readonly stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;
}

/**
 * An image to classify: the path of a file, a `file:` URL, bytes or a stream.
 * @example
 * 'photos/tench.jpg'
 * new URL('tench.jpg', import.meta.url)
 * { name: 'upload 17', bytes: await request.bytes() }
 * { name: 'tench.jpg', stream: createReadStream('tench.jpg') }
 */
export type ImageInput = string | URL | ImageBytes | ImageStream;
