import { byProbability, type Detection, type GroundTruth, labelsOf, mean } from './detection.ts';
import { type AreaRange, matchDetections } from './match-detections.ts';
import { precisionRecall, sampledAveragePrecision } from './precision-recall.ts';

/** Average precision as COCO defines it, 0 to 1: a mean over labels. NaN if no label has an object of that size. */
export interface CocoAveragePrecision {
  /** Mean over ten overlaps, 0.5 to 0.95. */
  readonly averagePrecision: number;
  readonly at50: number;
  readonly at75: number;
  /** Of objects below 32² pixels, up to 96² pixels, and above. */
  readonly small: number;
  readonly medium: number;
  readonly large: number;
  /** `averagePrecision` of each label. */
  readonly labels: readonly { readonly label: string; readonly averagePrecision: number }[];
}

const overlaps = Array.from({ length: 10 }, (_, index) => (50 + 5 * index) / 100);
const ranges = {
  all: { min: 0, max: 1e10 },
  small: { min: 0, max: 32 ** 2 },
  medium: { min: 32 ** 2, max: 96 ** 2 },
  large: { min: 96 ** 2, max: 1e10 },
} as const;

/**
 * The metric of COCO for boxes (cocodataset.org, detection evaluation): precision at 101 recalls, intersection over union from
 * 0.5 to 0.95, 100 detections per image and label. Sizes of objects are those of their boxes, where COCO's own annotations state the
 * area of the outline.
 */
export function cocoAveragePrecision(
  detections: readonly Detection[],
  truth: readonly GroundTruth[],
): CocoAveragePrecision {
  const labels = labelsOf(truth);
  const found = Map.groupBy(detections, ({ label }) => label);
  const objects = Map.groupBy(truth, ({ label }) => label);
  const at = (label: string, minOverlap: number, range: AreaRange) =>
    averagePrecisionOf(found.get(label) ?? [], objects.get(label) ?? [], { minOverlap, range });
  const over = (minOverlaps: readonly number[], range: AreaRange, among = labels) => {
    const values = among.flatMap((label) => minOverlaps.map((minOverlap) => at(label, minOverlap, range)));
    return mean(values.filter((value) => !Number.isNaN(value)));
  };
  return {
    averagePrecision: over(overlaps, ranges.all),
    at50: over([0.5], ranges.all),
    at75: over([0.75], ranges.all),
    small: over(overlaps, ranges.small),
    medium: over(overlaps, ranges.medium),
    large: over(overlaps, ranges.large),
    labels: labels.map((label) => ({ label, averagePrecision: over(overlaps, ranges.all, [label]) })),
  };
}

/** NaN if no object counts. */
function averagePrecisionOf(
  detections: readonly Detection[],
  objects: readonly GroundTruth[],
  options: { readonly minOverlap: number; readonly range: AreaRange },
): number {
  const { min, max } = options.range;
  const counted = objects.filter(({ exempt, width, height }) => {
    return exempt === undefined && width * height >= min && width * height <= max;
  });
  if (counted.length === 0) return Number.NaN;
  const found = Map.groupBy(detections, ({ image }) => image);
  const present = Map.groupBy(objects, ({ image }) => image);
  const images = [...new Set([...present.keys(), ...found.keys()])];
  const matched = images.flatMap((image) => matchDetections(found.get(image) ?? [], present.get(image) ?? [], options));
  const curve = precisionRecall(
    byProbability(matched).map(({ isCorrect }) => isCorrect),
    counted.length,
  );
  return sampledAveragePrecision(curve, 101);
}
