import { type Detection, type GroundTruth, labelsOf } from './detection.ts';
import { areCorrect } from './voc-average-precision.ts';

/** What a detector finds at one threshold. */
export interface FoundCounts {
  /** Number of objects to find. */
  readonly objects: number;
  /** Number of these that a box with their label overlaps by at least 0.5. */
  readonly found: number;
  /** Number of boxes without an object of their label, and of further boxes of a found object. */
  readonly falseBoxes: number;
}

/** Compares boxes with objects as `vocAveragePrecision` does. */
export function countFound(detections: readonly Detection[], truth: readonly GroundTruth[]): FoundCounts {
  const outcomes = [...new Set([...labelsOf(truth), ...detections.map(({ label }) => label)])].flatMap((label) => {
    const isSame = (item: { readonly label: string }) => item.label === label;
    return areCorrect(detections.filter(isSame), truth.filter(isSame), 0.5);
  });
  const found = outcomes.filter(Boolean).length;
  return {
    objects: truth.filter(({ exempt }) => exempt === undefined).length,
    found,
    falseBoxes: outcomes.length - found,
  };
}
