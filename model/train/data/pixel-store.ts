/** Decoded images of one size, read in any order. */
export interface PixelStore {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Copies an image, uint8 [height, width, channels], to `target` from `offset` on. */
  copyTo(index: number, target: Uint8Array, offset: number): void;
  close(): Promise<void>;
}

/** Images with the index of each one's label. */
export interface LabeledPixels {
  readonly images: PixelStore;
  readonly classes: Uint16Array;
}

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Images that lie in memory, one behind the other. */
export function pixelsInMemory(pixels: Uint8Array, { height, width, channels }: ImageSize): PixelStore {
  const bytes = height * width * channels;
  return {
    count: pixels.length / bytes,
    height,
    width,
    channels,
    copyTo(index, target, offset) {
      target.set(pixels.subarray(index * bytes, (index + 1) * bytes), offset);
    },
    async close() {},
  };
}

/** Some images of a store, in an order of their own. Closing it leaves the store open. */
export function selectPixels(store: PixelStore, indices: readonly number[]): PixelStore {
  const { height, width, channels } = store;
  return {
    count: indices.length,
    height,
    width,
    channels,
    copyTo(index, target, offset) {
      const own = indices[index];
      if (own === undefined) throw new RangeError(`expected one of ${indices.length} images, got the number ${index}`);
      store.copyTo(own, target, offset);
    },
    async close() {},
  };
}
