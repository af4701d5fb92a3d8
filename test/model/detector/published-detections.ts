import type { Detection, GroundTruth } from '../../../model/detector/evaluate/detection.ts';

type Edges = readonly [label: string, left: number, top: number, right: number, bottom: number];

function boxOf([label, left, top, right, bottom]: Edges) {
  return { label, x: left, y: top, width: right - left, height: bottom - top };
}

/** A few images of COCO 2014, labels by number, with the made-up detections of COCO's own tools. */
const coco: Readonly<Record<string, { truth: readonly Edges[]; found: readonly (readonly [number, ...Edges])[] }>> = {
  42: {
    truth: [['4', 214.15, 41.29, 562.41, 285.07]],
    found: [[0.236, '4', 258.15, 41.29, 606.41, 285.07]],
  },
  73: {
    truth: [
      ['2', 13, 22.75, 548.98, 632.42],
      ['2', 1.66, 3.32, 270.26, 275.23],
    ],
    found: [
      [0.318, '3', 61, 22.75, 565, 632.42],
      [0.726, '2', 12.66, 3.32, 281.26, 275.23],
    ],
  },
  74: {
    truth: [
      ['4', 61.87, 276.25, 358.29, 379.43],
      ['1', 2.75, 3.66, 162.15, 316.06],
      ['0', 295.55, 93.96, 313.97, 152.79],
      ['0', 326.94, 97.05, 340.49, 122.98],
      ['0', 356.62, 95.47, 372.33, 147.55],
      ['0', 462.08, 105.09, 493.74, 146.99],
      ['0', 277.11, 103.84, 292.44, 150.72],
    ],
    found: [
      [0.546, '4', 87.87, 276.25, 384.29, 379.43],
      [0.3, '1', 0, 3.66, 142.15, 316.06],
      [0.407, '0', 296.55, 93.96, 314.97, 152.79],
      [0.611, '0', 328.94, 97.05, 342.49, 122.98],
      [0.335, '0', 356.62, 95.47, 372.33, 147.55],
      [0.805, '0', 464.08, 105.09, 495.74, 146.99],
      [0.953, '0', 276.11, 103.84, 291.44, 150.72],
    ],
  },
  133: {
    truth: [['5', 13.99, 2.87, 640, 421.52]],
    found: [[0.699, '5', 0, 2.87, 601, 421.52]],
  },
};

/**
 * COCO's `pycocotools` gives AP 0.706, AP50 0.901, AP75 0.846, small 0.689, medium 0.800, large 0.701, and of the labels 0, 1, 2, 4 and 5
 * 0.725, 0.800, 0.454, 0.650 and 0.900, as published with the tests of TorchMetrics 0.6 (tests/detection/test_map.py, Apache-2.0).
 */
export const cocoExample: { readonly truth: readonly GroundTruth[]; readonly found: readonly Detection[] } = {
  truth: Object.entries(coco).flatMap(([image, { truth }]) => truth.map((edges) => ({ image, ...boxOf(edges) }))),
  found: Object.entries(coco).flatMap(([image, { found }]) =>
    found.map(([probability, ...edges]) => ({ image, probability, ...boxOf(edges) })),
  ),
};

type Sides = readonly [left: number, top: number, width: number, height: number];

const voc: readonly { truth: readonly Sides[]; found: readonly (readonly [number, ...Sides])[] }[] = [
  {
    truth: [
      [25, 16, 38, 56],
      [129, 123, 41, 62],
    ],
    found: [
      [0.88, 5, 67, 31, 48],
      [0.7, 119, 111, 40, 67],
      [0.8, 124, 9, 49, 67],
    ],
  },
  {
    truth: [
      [123, 11, 43, 55],
      [38, 132, 59, 45],
    ],
    found: [
      [0.71, 64, 111, 64, 58],
      [0.54, 26, 140, 60, 47],
      [0.74, 19, 18, 43, 35],
    ],
  },
  {
    truth: [
      [16, 14, 35, 48],
      [123, 30, 49, 44],
      [99, 139, 47, 47],
    ],
    found: [
      [0.18, 109, 15, 77, 39],
      [0.67, 86, 63, 46, 45],
      [0.38, 160, 62, 36, 53],
      [0.91, 105, 131, 47, 47],
      [0.44, 18, 148, 40, 44],
    ],
  },
  {
    truth: [
      [53, 42, 40, 52],
      [154, 43, 31, 34],
    ],
    found: [
      [0.35, 83, 28, 28, 26],
      [0.78, 28, 68, 42, 67],
      [0.45, 87, 89, 25, 39],
      [0.14, 10, 155, 60, 26],
    ],
  },
  {
    truth: [
      [59, 31, 44, 51],
      [48, 128, 34, 52],
    ],
    found: [
      [0.62, 50, 38, 28, 46],
      [0.44, 95, 11, 53, 28],
      [0.95, 29, 131, 72, 29],
      [0.23, 29, 163, 72, 29],
    ],
  },
  {
    truth: [
      [36, 89, 52, 76],
      [62, 58, 44, 67],
    ],
    found: [
      [0.45, 43, 48, 74, 38],
      [0.84, 17, 155, 29, 35],
      [0.43, 95, 110, 25, 42],
    ],
  },
  {
    truth: [
      [28, 31, 55, 63],
      [58, 67, 50, 58],
    ],
    found: [
      [0.48, 16, 20, 101, 88],
      [0.95, 33, 116, 37, 49],
    ],
  },
];

/** The example counts the pixel of the right and the lower edge, as VOC does. */
function inclusive([x, y, width, height]: Sides) {
  return { label: 'object', x, y, width: width + 1, height: height + 1 };
}

/**
 * The example of Padilla's Object-Detection-Metrics (sample_2, MIT), whose documentation states an average precision of 26.84 % by 11
 * points and of 24.56 % by all points, at an overlap of 0.3. The latter is a sum of terms that were cut to four digits; without
 * that it is 24.57 %.
 */
export const vocExample: { readonly truth: readonly GroundTruth[]; readonly found: readonly Detection[] } = {
  truth: voc.flatMap(({ truth }, image) => truth.map((sides) => ({ image: `${image}`, ...inclusive(sides) }))),
  found: voc.flatMap(({ found }, image) =>
    found.map(([probability, ...sides]) => ({ image: `${image}`, probability, ...inclusive(sides) })),
  ),
};
