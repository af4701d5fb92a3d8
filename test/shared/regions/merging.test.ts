import { describe, expect, it } from 'vitest';
import { mergeRegions } from '../../../shared/regions/merging.ts';
import { type RegionGraph, regionGraph } from '../../../shared/regions/region-graph.ts';

/** A picture of digits: each digit is the number of a pixel's region. */
function graphOf(
  rows: readonly string[],
  {
    gray = () => 100,
    texture = () => 0,
  }: { gray?: (pixel: number) => number; texture?: (pixel: number) => number } = {},
): RegionGraph {
  const [width, height] = [rows[0]?.length ?? 0, rows.length];
  const labels = Uint16Array.from(rows.join(''), Number);
  const plane = Uint8Array.from(labels, (_, pixel) => gray(pixel));
  const textures = Uint8Array.from(labels, (_, pixel) => texture(pixel));
  return regionGraph(
    { labels, count: Math.max(...labels) + 1 },
    { planes: [plane, plane, plane], width, height },
    textures,
  );
}

/** Left, top, right and bottom of the region that was merged first. */
function firstMerge(graph: RegionGraph, similarity = { color: true }): number[] {
  return Array.from(mergeRegions(graph, similarity).boxes.subarray(graph.count * 4, graph.count * 4 + 4));
}

describe('merging regions', () => {
  it('starts with the superpixels and ends with the whole picture', () => {
    const { count, boxes } = mergeRegions(graphOf(['0011', '0011', '2222']), { color: true });
    expect(count).toBe(5);
    expect(Array.from(boxes.subarray(0, 12))).toEqual([0, 0, 2, 2, 2, 0, 4, 2, 0, 2, 4, 3]);
    expect(Array.from(boxes.subarray(16))).toEqual([0, 0, 4, 3]);
  });

  it('prefers small regions of the same color and texture', () => {
    expect(firstMerge(graphOf(['0000001111122333']))).toEqual([11, 0, 16, 1]);
  });

  it('prefers regions that fill their common box', () => {
    // Regions 1 and 2 have the same size and touch region 0.
    expect(firstMerge(graphOf(['0022', '0022', '1333', '1333', '1333', '1333']))).toEqual([0, 0, 4, 2]);
  });

  it('merges only regions that touch', () => {
    const graph = graphOf(['000111222'], { gray: (pixel) => (pixel >= 3 && pixel < 6 ? 250 : 10) });
    expect(firstMerge(graph)).not.toEqual([0, 0, 9, 1]);
  });

  it('compares colors or leaves them out', () => {
    const textures = [0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1];
    const graph = graphOf(['000011112222'], {
      gray: (pixel) => (pixel < 4 ? 10 : 200),
      texture: (pixel) => textures[pixel] ?? 0,
    });
    expect(firstMerge(graph, { color: true })).toEqual([4, 0, 12, 1]);
    expect(firstMerge(graph, { color: false })).toEqual([0, 0, 8, 1]);
  });
});
