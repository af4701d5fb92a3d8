import type { PixelStore } from './pixel-store.ts';

/** The center crop of each image, as `preprocess` cuts it from the resized image; gray images become RGB. */
export function cropCenter(store: PixelStore, { height, width }: { height: number; width: number }): PixelStore {
  const top = (store.height - height) >> 1;
  const left = (store.width - width) >> 1;
  const whole = new Uint8Array(store.height * store.width * store.channels);
  return {
    count: store.count,
    height,
    width,
    channels: 3,
    copyTo(index, target, offset) {
      store.copyTo(index, whole, 0);
      for (let row = 0; row < height; row += 1) {
        const start = (top + row) * store.width + left;
        const to = offset + row * width * 3;
        if (store.channels === 3) target.set(whole.subarray(start * 3, (start + width) * 3), to);
        else for (let at = 0; at < width; at += 1) target.fill(whole[start + at] ?? 0, to + at * 3, to + at * 3 + 3);
      }
    },
    async close() {},
  };
}
