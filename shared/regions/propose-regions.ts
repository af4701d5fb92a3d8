import { type Picture, smooth, toChromaticity, toHsv, toLab } from './color-spaces.ts';
import { mergeRegions } from './merging.ts';
import type { ProposedRegion } from './region.ts';
import { regionGraph } from './region-graph.ts';
import { sortEdges, superpixels } from './superpixels.ts';
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
  const votes = new Map<number, number>();
  for (const planes of [lab, toHsv(smoothed), toChromaticity(smoothed)]) {
    const edges = sortEdges(planes);
    for (const scale of scales) {
      const graph = regionGraph(superpixels(edges, { scale, minSize, maxCount }), planes, texture);
      for (const color of [true, false]) {
        const { boxes, count } = mergeRegions(graph, { color });
        for (let region = 0; region < count; region += 1) {
          const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(region * 4, region * 4 + 4);
          if (right - left === width && bottom - top === height) continue;
          const box = ((left * height + top) * width + right - 1) * height + bottom - 1;
          votes.set(box, (votes.get(box) ?? 0) + (region + 1) / count);
        }
      }
    }
  }
  const most = scales.length * 3 * 2;
  const ranked = Array.from(votes).sort(([boxA, a], [boxB, b]) => b - a || boxA - boxB);
  return ranked.slice(0, max).map(([box, vote]) => {
    const bottom = (box % height) + 1;
    const right = (Math.floor(box / height) % width) + 1;
    const top = Math.floor(box / height / width) % height;
    const left = Math.floor(box / height / width / height);
    return { x: left, y: top, width: right - left, height: bottom - top, objectness: Math.min(1, vote / most) };
  });
}
