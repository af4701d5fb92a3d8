import type { Picture } from '../../shared/regions/color-spaces.ts';

/** A red patch of a quarter of the width on a gray ground, 3:2. @param width pixels, even */
export function patchPicture(width: number): Picture {
  const height = Math.round((width * 2) / 3);
  const pixels = new Uint8Array(width * height * 3).fill(128);
  const [left, top, side] = [width / 2, Math.round(height / 3), Math.round(width / 4)];
  for (let y = top; y < top + side; y += 1) {
    for (let x = left; x < left + side; x += 1) pixels.set([200, 30, 30], (y * width + x) * 3);
  }
  return { pixels, width, height };
}
