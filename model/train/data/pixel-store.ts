/** Decoded images of equal size, with random access. */
export interface PixelStore {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Copies an image, uint8 [height, width, channels], to `target` at `offset`. */
  copyTo(index: number, target: Uint8Array, offset: number): void;
  close(): Promise<void>;
}

/** Images with the class of each. */
export interface LabeledPixels {
  readonly images: PixelStore;
  readonly classes: Uint16Array;
}

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** @param pixels images one after the other */
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

/** Selected images of a store, in the given order. Closing the selection leaves the store open. */
export function selectPixels(store: PixelStore, indices: readonly number[]): PixelStore {
  const { height, width, channels } = store;
  return {
    count: indices.length,
    height,
    width,
    channels,
    copyTo(index, target, offset) {
      const stored = indices[index];
      if (stored === undefined) throw new RangeError(`image ${index} is not among ${indices.length} images`);
      store.copyTo(stored, target, offset);
    },
    async close() {},
  };
}
