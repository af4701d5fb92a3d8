import type { ProposedRegion } from './region.ts';
import type { Size } from './working-size.ts';

/**
 * The whole image, region 0, as a box that may hold an object: one that fills the image has no other box. Its objectness is 0, as
 * `objectnessOf` compares a box with what surrounds it, and nothing does.
 */
export function wholeImageBox({ width, height }: Size): ProposedRegion {
  return { x: 0, y: 0, width, height, objectness: 0 };
}
