import type { ColorPlanes, Superpixels } from './superpixels.ts';
import { textureBins } from './texture.ts';

const colorBins = 25;
/** Length of a region's histogram: 3 color channels, then texture. The color part and the texture part each have the sum 1. */
export const histogramLength = 3 * colorBins + textureBins;
export const colorLength = 3 * colorBins;

/** Superpixels with what their similarity needs, and which of them touch. */
export interface RegionGraph {
  readonly count: number;
  /** Pixels per region. */
  readonly sizes: Uint32Array;
  /** Left, top, right and bottom per region; right and bottom are outside. */
  readonly boxes: Int32Array;
  /** `count * histogramLength` */
  readonly histograms: Float32Array;
  /** `count * count`: 1 where two regions share an edge of pixels. */
  readonly touching: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** @param texture the texture bin of each pixel */
export function regionGraph(
  { labels, count }: Superpixels,
  { planes, width, height }: ColorPlanes,
  texture: Uint8Array,
): RegionGraph {
  const sizes = new Uint32Array(count);
  const boxes = new Int32Array(count * 4);
  const histograms = new Float32Array(count * histogramLength);
  const touching = new Uint8Array(count * count);
  for (let region = 0; region < count; region += 1) boxes.set([width, height, 0, 0], region * 4);
  const [first, second, third] = planes;
  for (let y = 0, pixel = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, pixel += 1) {
      const label = labels[pixel] ?? 0;
      sizes[label] = (sizes[label] ?? 0) + 1;
      const box = label * 4;
      if (x < (boxes[box] ?? 0)) boxes[box] = x;
      if (y < (boxes[box + 1] ?? 0)) boxes[box + 1] = y;
      if (x >= (boxes[box + 2] ?? 0)) boxes[box + 2] = x + 1;
      if (y >= (boxes[box + 3] ?? 0)) boxes[box + 3] = y + 1;
      const start = label * histogramLength;
      increment(histograms, start + colorBin(first[pixel] ?? 0));
      increment(histograms, start + colorBins + colorBin(second[pixel] ?? 0));
      increment(histograms, start + 2 * colorBins + colorBin(third[pixel] ?? 0));
      increment(histograms, start + colorLength + (texture[pixel] ?? 0));
      if (x + 1 < width) touch(touching, count, label, labels[pixel + 1] ?? 0);
      if (y + 1 < height) touch(touching, count, label, labels[pixel + width] ?? 0);
    }
  }
  for (let region = 0; region < count; region += 1) {
    const size = sizes[region] ?? 1;
    for (let bin = 0; bin < histogramLength; bin += 1) {
      const at = region * histogramLength + bin;
      histograms[at] = (histograms[at] ?? 0) / (bin < colorLength ? 3 * size : size);
    }
  }
  return { count, sizes, boxes, histograms, touching, width, height };
}

function colorBin(value: number): number {
  return (value * colorBins) >> 8;
}

function increment(histogram: Float32Array, at: number): void {
  histogram[at] = (histogram[at] ?? 0) + 1;
}

function touch(touching: Uint8Array, count: number, one: number, other: number): void {
  if (one === other) return;
  touching[one * count + other] = 1;
  touching[other * count + one] = 1;
}
