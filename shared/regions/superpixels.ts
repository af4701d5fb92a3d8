/** Planes of one color space: three channels of 0 to 255, each `width * height` bytes, row by row. */
export interface ColorPlanes {
  readonly planes: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly width: number;
  readonly height: number;
}

/** Edges between neighboring pixels, in ascending order of their color distance. */
export interface PixelEdges {
  /** `pixel * 4 + direction`; the directions are right, below right, below and below left. */
  readonly order: Uint32Array;
  /** Color distances in steps of `1 / stepsPerUnit`, in the order of `order`. */
  readonly weights: Uint16Array;
  readonly width: number;
  readonly height: number;
}

/** A label for each pixel, numbered from 0 in the order of the first pixel. */
export interface Superpixels {
  readonly labels: Uint16Array;
  readonly count: number;
}

/** Distances are rounded to this part of a gray level, so that a counting sort orders them. */
const stepsPerUnit = 16;
const largestWeight = Math.ceil(Math.sqrt(3) * 255 * stepsPerUnit);

/** Lists the edges between each pixel and its 8 neighbors, sorted by a counting sort. */
export function sortEdges({ planes: [first, second, third], width, height }: ColorPlanes): PixelEdges {
  const weights = new Uint16Array(width * height * 4);
  const starts = new Uint32Array(largestWeight + 2);
  const offsets = [1, width + 1, width, width - 1];
  let count = 0;
  for (let y = 0, pixel = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, pixel += 1) {
      for (let direction = 0; direction < 4; direction += 1) {
        if (!hasNeighbor(x, y, direction, width, height)) continue;
        const other = pixel + (offsets[direction] ?? 0);
        const a = (first[pixel] ?? 0) - (first[other] ?? 0);
        const b = (second[pixel] ?? 0) - (second[other] ?? 0);
        const c = (third[pixel] ?? 0) - (third[other] ?? 0);
        const weight = Math.round(Math.sqrt(a * a + b * b + c * c) * stepsPerUnit);
        weights[pixel * 4 + direction] = weight;
        starts[weight + 1] = (starts[weight + 1] ?? 0) + 1;
        count += 1;
      }
    }
  }
  for (let weight = 0; weight <= largestWeight; weight += 1) {
    starts[weight + 1] = (starts[weight + 1] ?? 0) + (starts[weight] ?? 0);
  }
  const order = new Uint32Array(count);
  const sorted = new Uint16Array(count);
  for (let y = 0, edge = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let direction = 0; direction < 4; direction += 1, edge += 1) {
        if (!hasNeighbor(x, y, direction, width, height)) continue;
        const weight = weights[edge] ?? 0;
        const position = starts[weight] ?? 0;
        starts[weight] = position + 1;
        order[position] = edge;
        sorted[position] = weight;
      }
    }
  }
  return { order, weights: sorted, width, height };
}

function hasNeighbor(x: number, y: number, direction: number, width: number, height: number): boolean {
  if (direction === 0) return x + 1 < width;
  if (y + 1 >= height) return false;
  return direction === 1 ? x + 1 < width : direction === 2 || x > 0;
}

/**
 * Superpixels after Felzenszwalb and Huttenlocher (Efficient Graph-Based Image Segmentation, IJCV 2004): two components are merged if
 * the edge between them is not heavier than the heaviest edge inside either, plus `scale / size`.
 * @param scale larger values give larger superpixels; in gray levels times pixels
 * @param minSize smaller components are merged with the neighbor of the lightest edge
 * @param maxCount if more components remain, `minSize` is doubled until they fit
 */
export function superpixels(
  { order, weights, width, height }: PixelEdges,
  { scale, minSize, maxCount }: { scale: number; minSize: number; maxCount: number },
): Superpixels {
  const pixels = width * height;
  const parents = new Uint32Array(pixels);
  const sizes = new Uint32Array(pixels).fill(1);
  const limits = new Float32Array(pixels).fill(scale * stepsPerUnit);
  const offsets = [1, width + 1, width, width - 1];
  for (let pixel = 0; pixel < pixels; pixel += 1) parents[pixel] = pixel;
  const find = (pixel: number): number => {
    let root = pixel;
    for (let parent = parents[root] ?? 0; parent !== root; parent = parents[root] ?? 0) {
      const above = parents[parent] ?? 0;
      parents[root] = above;
      root = above;
    }
    return root;
  };
  let count = pixels;
  const join = (one: number, other: number): number => {
    const [low, high] = one < other ? [one, other] : [other, one];
    parents[high] = low;
    sizes[low] = (sizes[low] ?? 0) + (sizes[high] ?? 0);
    count -= 1;
    return low;
  };
  for (let index = 0; index < order.length; index += 1) {
    const edge = order[index] ?? 0;
    const pixel = edge >>> 2;
    const one = find(pixel);
    const other = find(pixel + (offsets[edge & 3] ?? 0));
    if (one === other) continue;
    const weight = weights[index] ?? 0;
    if (weight > (limits[one] ?? 0) || weight > (limits[other] ?? 0)) continue;
    const root = join(one, other);
    limits[root] = weight + (scale * stepsPerUnit) / (sizes[root] ?? 1);
  }
  for (let smallest = minSize; ; smallest *= 2) {
    for (const edge of order) {
      const pixel = edge >>> 2;
      const one = find(pixel);
      const other = find(pixel + (offsets[edge & 3] ?? 0));
      if (one !== other && ((sizes[one] ?? 0) < smallest || (sizes[other] ?? 0) < smallest)) join(one, other);
    }
    if (count <= maxCount) break;
  }
  const labels = new Uint16Array(pixels);
  const numbers = new Uint16Array(pixels);
  let next = 0;
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const root = find(pixel);
    if (root === pixel) {
      numbers[pixel] = next;
      next += 1;
    }
    labels[pixel] = numbers[root] ?? 0;
  }
  return { labels, count: next };
}
