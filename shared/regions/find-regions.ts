import type { Picture } from './color-spaces.ts';
import { cutRegions, type RegionCropRule } from './cut-regions.ts';
import { isInside } from './inside-image.ts';
import { proposeRegions } from './propose-regions.ts';
import type { Box, ProposedRegion } from './region.ts';
import { type Size, scaleRegions } from './working-size.ts';

/** An image whose regions are proposed and cut out. */
export interface RegionSearch {
  /** The image at its `workingSize`. */
  readonly picture: Picture;
  /** The image, or a smaller copy of it. */
  readonly image: Picture;
  /** Size of the upright image. */
  readonly original: Size;
  readonly crop: RegionCropRule;
  /** The most regions. */
  readonly max: number;
}

export interface FoundRegions {
  /** In pixels of the upright image, the most promising first. */
  readonly boxes: readonly ProposedRegion[];
  /** A crop for each box: height × width × 3 bytes. */
  readonly pixels: readonly Uint8Array<ArrayBuffer>[];
}

export function findRegions({ picture, image, original, crop, max }: RegionSearch): FoundRegions {
  const boxes = scaleRegions(proposeRegions(picture, { max }), picture, original);
  return { boxes, pixels: cutRegions(image, original, boxes, crop) };
}

/** Cuts out given boxes, without those that are not inside the image. @param boxes in pixels of the upright image */
export function cutBoxes({ image, original, crop }: RegionSearch, boxes: readonly Box[]): FoundRegions {
  const inside = boxes.filter((box) => isInside(box, original));
  return {
    boxes: inside.map((box) => ({ ...box, objectness: 1 })),
    pixels: cutRegions(image, original, inside, crop),
  };
}
