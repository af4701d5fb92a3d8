import type { Picture } from './color-spaces.ts';
import { ImageCopies, resamplingBytes, scaled } from './image-copies.ts';
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
  const copies = new ImageCopies(image, rule);
  return boxes.map((box) => {
    const window = scaled(withContext(box), image, original);
    const copy = copies.for(window);
    return resampleWindow(copy, scaled(window, copy, image), rule, rule.mean);
  });
}

/** Memory for cutting regions besides the image and the crops, bytes. */
export function cuttingBytes(image: Size, crop: Size): number {
  return resamplingBytes(image, crop, withContext({ x: 0, y: 0, ...image }));
}

/** The window that is warped to the network's input. It may reach beyond the image. */
export function withContext({ x, y, width, height }: Box): Window {
  const around = contextShare / (1 - 2 * contextShare);
  const [sides, ends] = [width * around, height * around];
  return { left: x - sides, top: y - ends, width: width + 2 * sides, height: height + 2 * ends };
}
