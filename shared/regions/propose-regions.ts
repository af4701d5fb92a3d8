import { collectCandidates } from './candidates.ts';
import type { Picture } from './color-spaces.ts';
import { groupingsOf } from './groupings.ts';
import { objectnessOf } from './objectness.ts';
import type { ProposedRegion } from './region.ts';
import { rankDistinct } from './suppression.ts';
import { workingSize } from './working-size.ts';

/**
 * Boxes that may hold an object, best first, without near-duplicates and without the whole picture. The same picture always gives the
 * same boxes. A picture of one color has none.
 * @param picture upright, scaled to `workingSize`; larger pictures are rejected, because time and memory grow with the pixels
 * @param options.max the most boxes to return
 * @example
 * const regions = proposeRegions({ pixels, width: 300, height: 225 }, { max: 100 });
 * const original = scaleRegions(regions, { width: 300, height: 225 }, { width: 4000, height: 3000 });
 */
export function proposeRegions(picture: Picture, { max }: { readonly max: number }): ProposedRegion[] {
  const { pixels, width, height } = picture;
  const largest = workingSize(picture);
  if (largest.width < width || largest.height < height) {
    throw new RangeError(`scale the picture to ${largest.width}×${largest.height} first; it is ${width}×${height}`);
  }
  if (pixels.length !== width * height * 3) {
    throw new RangeError(`a picture of ${width}×${height} has ${width * height * 3} bytes, not ${pixels.length}`);
  }
  const { hierarchies, lab } = groupingsOf(picture);
  const candidates = collectCandidates(hierarchies, picture);
  const objectness = objectnessOf(candidates, lab, hierarchies.length);
  return rankDistinct(candidates, objectness, max).map(({ index, score }) => {
    const [left = 0, top = 0, right = 0, bottom = 0] = candidates.boxes.subarray(index * 4, index * 4 + 4);
    return { x: left, y: top, width: right - left, height: bottom - top, objectness: score };
  });
}
