import type { Candidates } from './candidates.ts';
import { type IntegralImage, integrate, integrateBins, sumOver } from './integral-image.ts';
import { overlapInList } from './intersection-over-union.ts';
import type { ColorPlanes } from './superpixels.ts';

/** Boxes with a higher overlap count as one object that several groupings found. */
const agreeingOverlap = 0.7;
/** Width of the ring around a box, as a share of the box, whose colors are compared with the box. */
const ringShare = 0.2;
/** Width in pixels of the band around a box in which an object's box has few edges. */
const bandWidth = 3;
/** Levels per color channel of the histograms. */
const levels = 4;

/**
 * How likely each box holds an object, 0 to 1: the product of four measures.
 * - Agreement: how many groupings have a box at this place.
 * - Contrast: how different the colors of the box and of a ring around it are.
 * - Enclosure: whether edges are inside the box and not just outside.
 * - Freedom: background touches the borders of the picture, objects seldom more than one.
 * @param lab the picture in Lab
 * @param groupings number of groupings the candidates come from
 */
export function objectnessOf(candidates: Candidates, lab: ColorPlanes, groupings: number): Float32Array {
  const { count, boxes } = candidates;
  const { width, height } = lab;
  const agreement = agreementOf(candidates);
  const colors = integrateColors(lab);
  const edges = integrate(edgeStrength(lab.planes[0], width, height), width, height);
  const objectness = new Float32Array(count);
  for (let box = 0; box < count; box += 1) {
    const at = box * 4;
    const [left, top, right, bottom] = [boxes[at] ?? 0, boxes[at + 1] ?? 0, boxes[at + 2] ?? 0, boxes[at + 3] ?? 0];
    const votes = agreement[box] ?? 0;
    objectness[box] =
      (votes / (votes + groupings)) *
      contrastOf(colors, left, top, right, bottom) *
      enclosureOf(edges, left, top, right, bottom) *
      freedomOf(left, top, right, bottom, width, height);
  }
  return objectness;
}

/** The votes for each box and for those that hardly differ from it, weighted by the square of their overlap. */
function agreementOf({ count, boxes, votes }: Candidates): Float32Array {
  const agreement = votes.slice();
  for (let one = 0; one < count; one += 1) {
    for (let other = one + 1; other < count; other += 1) {
      const overlap = overlapInList(boxes, one, other);
      if (overlap <= agreeingOverlap) continue;
      const weight = overlap * overlap;
      agreement[one] = (agreement[one] ?? 0) + weight * (votes[other] ?? 0);
      agreement[other] = (agreement[other] ?? 0) + weight * (votes[one] ?? 0);
    }
  }
  return agreement;
}

/** Color histograms at half the resolution: a quarter of the time and memory. */
function integrateColors({ planes: [lightness, a, b], width, height }: ColorPlanes): IntegralImage {
  const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const bins = new Uint8Array(halfWidth * halfHeight);
  for (let y = 0, bin = 0; y < halfHeight; y += 1) {
    for (let x = 0; x < halfWidth; x += 1, bin += 1) {
      const pixel = 2 * y * width + 2 * x;
      bins[bin] =
        ((lightness[pixel] ?? 0) >> 6) * levels * levels + levelOf(a[pixel] ?? 0) * levels + levelOf(b[pixel] ?? 0);
    }
  }
  return integrateBins(bins, halfWidth, halfHeight, levels ** 3);
}

/** Colors of photos are near gray: four levels between 96 and 160 of 0 to 255. */
function levelOf(value: number): number {
  return Math.min(levels - 1, Math.max(0, (value - 96) >> 4));
}

/** One minus the intersection of the two normalized histograms. */
function contrastOf(colors: IntegralImage, left: number, top: number, right: number, bottom: number): number {
  const [x, y, endX, endY] = [left >> 1, top >> 1, (right + 1) >> 1, (bottom + 1) >> 1];
  const [marginX, marginY] = [Math.ceil((endX - x) * ringShare), Math.ceil((endY - y) * ringShare)];
  const [outerX, outerY] = [Math.max(0, x - marginX), Math.max(0, y - marginY)];
  const [outerEndX, outerEndY] = [Math.min(colors.width, endX + marginX), Math.min(colors.height, endY + marginY)];
  const area = (endX - x) * (endY - y);
  const ring = (outerEndX - outerX) * (outerEndY - outerY) - area;
  if (ring <= 0) return 0;
  let shared = 0;
  for (let channel = 0; channel < colors.channels; channel += 1) {
    const outer = sumOver(colors, channel, outerX, outerY, outerEndX, outerEndY);
    if (outer === 0) continue;
    const inner = sumOver(colors, channel, x, y, endX, endY);
    shared += Math.min(inner / area, (outer - inner) / ring);
  }
  return 1 - shared;
}

/** Mean edge strength inside, compared with that in the band around the box: 0.5 if they are equal. */
function enclosureOf(edges: IntegralImage, left: number, top: number, right: number, bottom: number): number {
  const [outerLeft, outerTop] = [Math.max(0, left - bandWidth), Math.max(0, top - bandWidth)];
  const [outerRight, outerBottom] = [
    Math.min(edges.width, right + bandWidth),
    Math.min(edges.height, bottom + bandWidth),
  ];
  const area = (right - left) * (bottom - top);
  const band = (outerRight - outerLeft) * (outerBottom - outerTop) - area;
  const sum = sumOver(edges, 0, left, top, right, bottom);
  const inside = sum / area;
  const outside = band > 0 ? (sumOver(edges, 0, outerLeft, outerTop, outerRight, outerBottom) - sum) / band : 0;
  return inside / (inside + outside + 1);
}

/** Falls from 1 for a box inside the picture to 0.4 for one that touches all four borders. */
function freedomOf(left: number, top: number, right: number, bottom: number, width: number, height: number): number {
  const touched = Number(left === 0) + Number(top === 0) + Number(right === width) + Number(bottom === height);
  return 1 - 0.15 * touched;
}

/** Length of the gradient, in gray levels per pixel. */
function edgeStrength(intensity: Uint8Array, width: number, height: number): Uint8Array {
  const strength = new Uint8Array(width * height);
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const pixel = y * width + x;
      const dx = (intensity[pixel + 1] ?? 0) - (intensity[pixel - 1] ?? 0);
      const dy = (intensity[pixel + width] ?? 0) - (intensity[pixel - width] ?? 0);
      strength[pixel] = Math.min(255, Math.round(Math.sqrt(dx * dx + dy * dy) / 2));
    }
  }
  return strength;
}
