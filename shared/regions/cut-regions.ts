import type { Picture } from './color-spaces.ts';
import type { Box } from './region.ts';
import { resampleWindow, type Window } from './resample-window.ts';
import type { Size } from './working-size.ts';

/** How a region becomes a network input. */
export interface RegionCropRule extends Size {
  /** Of the network, per channel: fills what lies outside the image. */
  readonly mean: readonly [red: number, green: number, blue: number];
}

/** Context on each side of a region as a share of the network input: 16 of 224 pixels. */
const contextShare = 16 / 224;

/**
 * Cuts regions as Girshick et al. do (Rich feature hierarchies for accurate object detection and semantic segmentation, section
 * 2.1 and appendix A): each is warped to the network's input with some of what surrounds it; its aspect ratio is not kept.
 *
 * @param image the upright image, or a smaller copy of it
 * @param original size of the upright image, in whose pixels the boxes are
 * @returns height × width × 3 bytes for each box, in order
 */
export function cutRegions(
  image: Picture,
  original: Size,
  boxes: readonly Box[],
  rule: RegionCropRule,
): Uint8Array<ArrayBuffer>[] {
  const levels = [image];
  return boxes.map((box) => {
    const window = scaled(withContext(box), image, original);
    const level = levelOf(window, rule);
    for (let next = levels.at(-1); next !== undefined && levels.length <= level; next = levels.at(-1)) {
      levels.push(halfSize(next));
    }
    const copy = levels[level] ?? image;
    return resampleWindow(copy, scaled(window, copy, image), rule, rule.mean);
  });
}

/** Memory for copies of an image at half, a quarter, ... of its size, bytes. */
export function halvesBytes({ width, height }: Size): number {
  return Math.ceil((width * height * 3) / 3);
}

/** The window that is warped to the network's input. It may reach beyond the image. */
export function withContext({ x, y, width, height }: Box): Window {
  const around = contextShare / (1 - 2 * contextShare);
  const [sides, ends] = [width * around, height * around];
  return { left: x - sides, top: y - ends, width: width + 2 * sides, height: height + 2 * ends };
}

function scaled({ left, top, width, height }: Window, to: Size, from: Size): Window {
  const [across, down] = [to.width / from.width, to.height / from.height];
  return { left: left * across, top: top * down, width: width * across, height: height * down };
}

/** How often an image is halved so that the window is still at least as large as the crop: the rest of the work is then small. */
function levelOf({ width, height }: Window, crop: Size): number {
  return Math.max(0, Math.floor(Math.log2(Math.min(width / crop.width, height / crop.height))));
}

/** Means of 2 × 2 pixels. An odd last row or column is counted twice. */
function halfSize({ pixels, width, height }: Picture): Picture {
  const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const half = new Uint8Array(halfWidth * halfHeight * 3);
  let at = 0;
  for (let row = 0; row < halfHeight; row += 1) {
    const upper = 2 * row * width * 3;
    const lower = Math.min(2 * row + 1, height - 1) * width * 3;
    for (let column = 0; column < halfWidth; column += 1) {
      const left = 2 * column * 3;
      const right = Math.min(2 * column + 1, width - 1) * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        const sum =
          (pixels[upper + left + channel] ?? 0) +
          (pixels[upper + right + channel] ?? 0) +
          (pixels[lower + left + channel] ?? 0) +
          (pixels[lower + right + channel] ?? 0);
        half[at] = (sum + 2) >> 2;
        at += 1;
      }
    }
  }
  return { pixels: half, width: halfWidth, height: halfHeight };
}
