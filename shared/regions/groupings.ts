import { type Picture, smooth, toChromaticity, toHsv, toLab } from './color-spaces.ts';
import { type Hierarchy, mergeRegions } from './merging.ts';
import { regionGraph } from './region-graph.ts';
import { type ColorPlanes, sortEdges, superpixels } from './superpixels.ts';
import { textureOf } from './texture.ts';

export interface Groupings {
  readonly hierarchies: readonly Hierarchy[];
  /** The smoothed picture in Lab. */
  readonly lab: ColorPlanes;
}

/** Sizes of the superpixels: `scale` of `superpixels`. */
const scales = [75, 150, 300];
/** Smaller components are noise, but a small picture has small objects. */
const minPixels = 50;
const minShare = 1 / 400;
/** Bounds the work on pictures of noise; photos have fewer superpixels. */
const maxSuperpixels = 512;

/** Groups a picture in 18 ways: three color spaces, three sizes of superpixels, with and without the similarity of colors. */
export function groupingsOf(picture: Picture): Groupings {
  const { width, height } = picture;
  const smoothed = smooth(picture);
  const lab = toLab(smoothed);
  const texture = textureOf(lab.planes[0], width, height);
  const minSize = Math.min(minPixels, Math.ceil(width * height * minShare));
  const hierarchies: Hierarchy[] = [];
  for (const planes of [lab, toHsv(smoothed), toChromaticity(smoothed)]) {
    const edges = sortEdges(planes);
    for (const scale of scales) {
      const graph = regionGraph(superpixels(edges, { scale, minSize, maxCount: maxSuperpixels }), planes, texture);
      for (const color of [true, false]) hierarchies.push(mergeRegions(graph, { color }));
    }
  }
  return { hierarchies, lab };
}
