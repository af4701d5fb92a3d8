import { colorLength, histogramLength, type RegionGraph } from './region-graph.ts';

/** Which similarities a grouping adds up. */
export interface Similarity {
  readonly color: boolean;
}

/** Every region of a hierarchical grouping: first the superpixels, then each merged region in the order of merging. */
export interface Hierarchy {
  readonly count: number;
  /** Left, top, right and bottom per region; right and bottom are outside. */
  readonly boxes: Int32Array;
}

/**
 * Merges the two most similar neighbors until one region is left, after Uijlings, van de Sande, Gevers and Smeulders (Selective Search
 * for Object Recognition, IJCV 2013).
 */
export function mergeRegions(graph: RegionGraph, similarity: Similarity): Hierarchy {
  const { count, width, height } = graph;
  const total = Math.max(0, 2 * count - 1);
  const area = width * height;
  const boxes = new Int32Array(total * 4);
  const sizes = new Uint32Array(total);
  boxes.set(graph.boxes);
  sizes.set(graph.sizes);
  const histograms = graph.histograms.slice();
  // A slot holds one region that is not merged yet. Its row has the similarity to every other slot; -1 if they do not touch.
  const regions = new Uint32Array(count);
  const rows = new Float32Array(count * count).fill(-1);
  const best = new Int32Array(count).fill(-1);
  const live = new Int32Array(count);
  let liveCount = count;

  const similarityOf = (one: number, other: number): number => {
    const [left, right] = [(regions[one] ?? 0) * 4, (regions[other] ?? 0) * 4];
    const sum = (sizes[regions[one] ?? 0] ?? 0) + (sizes[regions[other] ?? 0] ?? 0);
    const across =
      Math.max(boxes[left + 2] ?? 0, boxes[right + 2] ?? 0) - Math.min(boxes[left] ?? 0, boxes[right] ?? 0);
    const down =
      Math.max(boxes[left + 3] ?? 0, boxes[right + 3] ?? 0) - Math.min(boxes[left + 1] ?? 0, boxes[right + 1] ?? 0);
    let overlap = 0;
    const [a, b] = [one * histogramLength, other * histogramLength];
    for (let bin = similarity.color ? 0 : colorLength; bin < histogramLength; bin += 1) {
      overlap += Math.min(histograms[a + bin] ?? 0, histograms[b + bin] ?? 0);
    }
    return overlap + (1 - sum / area) + (1 - (across * down - sum) / area);
  };
  const findBest = (slot: number): void => {
    let found = -1;
    let value = -1;
    for (let index = 0; index < liveCount; index += 1) {
      const other = live[index] ?? 0;
      const candidate = rows[slot * count + other] ?? -1;
      if (candidate > value) {
        value = candidate;
        found = other;
      }
    }
    best[slot] = found;
  };

  for (let slot = 0; slot < count; slot += 1) {
    regions[slot] = slot;
    live[slot] = slot;
  }
  for (let one = 0; one < count; one += 1) {
    for (let other = one + 1; other < count; other += 1) {
      if (graph.touching[one * count + other] !== 1) continue;
      const value = similarityOf(one, other);
      rows[one * count + other] = value;
      rows[other * count + one] = value;
    }
  }
  for (let slot = 0; slot < count; slot += 1) findBest(slot);

  for (let merged = count; merged < total; merged += 1) {
    let one = live[0] ?? 0;
    for (let index = 1; index < liveCount; index += 1) {
      const slot = live[index] ?? 0;
      if ((rows[slot * count + (best[slot] ?? 0)] ?? 0) > (rows[one * count + (best[one] ?? 0)] ?? 0)) one = slot;
    }
    const other = best[one] ?? 0;
    const [left, right] = [regions[one] ?? 0, regions[other] ?? 0];
    const [leftSize, rightSize] = [sizes[left] ?? 0, sizes[right] ?? 0];
    sizes[merged] = leftSize + rightSize;
    boxes[merged * 4] = Math.min(boxes[left * 4] ?? 0, boxes[right * 4] ?? 0);
    boxes[merged * 4 + 1] = Math.min(boxes[left * 4 + 1] ?? 0, boxes[right * 4 + 1] ?? 0);
    boxes[merged * 4 + 2] = Math.max(boxes[left * 4 + 2] ?? 0, boxes[right * 4 + 2] ?? 0);
    boxes[merged * 4 + 3] = Math.max(boxes[left * 4 + 3] ?? 0, boxes[right * 4 + 3] ?? 0);
    const [a, b] = [one * histogramLength, other * histogramLength];
    const share = leftSize / (leftSize + rightSize);
    for (let bin = 0; bin < histogramLength; bin += 1) {
      histograms[a + bin] = share * (histograms[a + bin] ?? 0) + (1 - share) * (histograms[b + bin] ?? 0);
    }
    regions[one] = merged;
    let kept = 0;
    for (let index = 0; index < liveCount; index += 1) {
      const slot = live[index] ?? 0;
      if (slot === other) continue;
      live[kept] = slot;
      kept += 1;
    }
    liveCount = kept;
    for (let index = 0; index < liveCount; index += 1) {
      const slot = live[index] ?? 0;
      if (slot === one) continue;
      const touches = (rows[slot * count + one] ?? -1) >= 0 || (rows[slot * count + other] ?? -1) >= 0;
      if (!touches) continue;
      const value = similarityOf(one, slot);
      rows[one * count + slot] = value;
      rows[slot * count + one] = value;
      const former = best[slot] ?? -1;
      if (former === one || former === other) findBest(slot);
      else if (value > (rows[slot * count + former] ?? -1)) best[slot] = one;
    }
    findBest(one);
  }
  return { count: total, boxes };
}
