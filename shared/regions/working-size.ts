import { pixelSpan } from './inside-image.ts';
import type { ProposedRegion } from './region.ts';

/** Size of an image in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Longer side of the picture in which regions are searched. */
const longerSide = 300;

/** The size that an upright image is scaled to before `proposeRegions`. Smaller images keep their size. */
export function workingSize({ width, height }: Size): Size {
  const scale = Math.min(1, longerSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * Scales regions of the working picture to the upright original. Every edge is rounded to the nearest pixel; a region stays inside the
 * original and is at least one pixel wide and high. The order and the objectness stay as they are.
 */
export function scaleRegions(regions: readonly ProposedRegion[], working: Size, original: Size): ProposedRegion[] {
  return regions.map(({ x, y, width, height, objectness }) => {
    const [across, down] = [original.width / working.width, original.height / working.height];
    const [left, scaledWidth] = pixelSpan(x * across, (x + width) * across, original.width);
    const [top, scaledHeight] = pixelSpan(y * down, (y + height) * down, original.height);
    return { x: left, y: top, width: scaledWidth, height: scaledHeight, objectness };
  });
}
