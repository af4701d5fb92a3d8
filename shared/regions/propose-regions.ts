import { collectCandidates } from './candidates.ts';
import { type Picture, smooth, toChromaticity, toHsv, toLab } from './color-spaces.ts';
import { type Hierarchy, mergeRegions } from './merging.ts';
import { objectnessOf } from './objectness.ts';
import type { ProposedRegion } from './region.ts';
import { regionGraph } from './region-graph.ts';
import { sortEdges, superpixels } from './superpixels.ts';
import { rankDistinct } from './suppression.ts';
import { textureOf } from './texture.ts';

/** Sizes of the superpixels: `scale` of `superpixels`. */
const scales = [75, 150, 300];
const minSize = 50;
const maxCount = 512;

/**
 * Boxes that may hold an object, best first, without near-duplicates and without the whole picture. The same picture always gives the
 * same boxes. A picture of one color has none.
 * @param picture upright, scaled to `workingSize`
 * @param options.max the most boxes to return
 */
export function proposeRegions(picture: Picture, { max }: { readonly max: number }): ProposedRegion[] {
  const { width, height } = picture;
  const smoothed = smooth(picture);
  const lab = toLab(smoothed);
  const texture = textureOf(lab.planes[0], width, height);
  const hierarchies: Hierarchy[] = [];
  for (const planes of [lab, toHsv(smoothed), toChromaticity(smoothed)]) {
    const edges = sortEdges(planes);
    for (const scale of scales) {
      const graph = regionGraph(superpixels(edges, { scale, minSize, maxCount }), planes, texture);
      for (const color of [true, false]) hierarchies.push(mergeRegions(graph, { color }));
    }
  }
  const candidates = collectCandidates(hierarchies, { width, height });
  const objectness = objectnessOf(candidates, lab, hierarchies.length);
  return rankDistinct(candidates, objectness, max).map(({ index, score }) => {
    const [left = 0, top = 0, right = 0, bottom = 0] = candidates.boxes.subarray(index * 4, index * 4 + 4);
    return { x: left, y: top, width: right - left, height: bottom - top, objectness: score };
  });
}
