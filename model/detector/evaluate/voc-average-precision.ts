import { intersectionOverUnion } from '../../../shared/regions/intersection-over-union.ts';
import { byProbability, type Detection, type GroundTruth, labelsOf, mean } from './detection.ts';
import { areaAveragePrecision, precisionRecall, sampledAveragePrecision } from './precision-recall.ts';

/** Average precision as PASCAL VOC defines it, 0 to 1. */
export interface VocAveragePrecision {
  /** Mean over the labels. NaN without objects. */
  readonly mean: number;
  readonly labels: readonly { readonly label: string; readonly objects: number; readonly averagePrecision: number }[];
}

export interface VocOptions {
  /** `11 points` is the definition of VOC 2007, `all points` that from 2010. @default all points */
  readonly interpolation?: '11 points' | 'all points';
  /** A detection needs this intersection over union with an object. @default 0.5 */
  readonly minOverlap?: number;
}

/**
 * Everingham et al., The PASCAL Visual Object Classes Challenge, section 4.2 of 2010, and the development kit of 2012. Each
 * detection is compared with the object of its label that it overlaps most; further detections of an object are wrong.
 * Detections of `difficult` objects, and of crowds, do not count.
 */
export function vocAveragePrecision(
  detections: readonly Detection[],
  truth: readonly GroundTruth[],
  { interpolation = 'all points', minOverlap = 0.5 }: VocOptions = {},
): VocAveragePrecision {
  const labels = labelsOf(truth).map((label) => {
    const objects = truth.filter((object) => object.label === label);
    const counted = objects.filter(({ exempt }) => exempt === undefined).length;
    const isCorrect = areCorrect(
      detections.filter((detection) => detection.label === label),
      objects,
      minOverlap,
    );
    const curve = precisionRecall(isCorrect, counted);
    const averagePrecision =
      interpolation === '11 points' ? sampledAveragePrecision(curve, 11) : areaAveragePrecision(curve);
    return { label, objects: counted, averagePrecision };
  });
  return { mean: mean(labels.map(({ averagePrecision }) => averagePrecision)), labels };
}

/** Whether each detection of one label that counts is right, most probable first. */
export function areCorrect(
  detections: readonly Detection[],
  objects: readonly GroundTruth[],
  minOverlap: number,
): readonly boolean[] {
  const byImage = Map.groupBy(objects, ({ image }) => image);
  const found = new Set<GroundTruth>();
  return byProbability(detections).flatMap((detection) => {
    const { object, overlap } = bestMatch(detection, byImage.get(detection.image) ?? []);
    if (object === undefined || !(overlap >= minOverlap)) return [false];
    if (object.exempt !== undefined) return [];
    const isFirst = !found.has(object);
    found.add(object);
    return [isFirst];
  });
}

function bestMatch(detection: Detection, objects: readonly GroundTruth[]) {
  let best: { readonly object?: GroundTruth; readonly overlap: number } = { overlap: 0 };
  for (const object of objects) {
    const overlap = intersectionOverUnion(detection, object);
    if (overlap > best.overlap) best = { object, overlap };
  }
  return best;
}
