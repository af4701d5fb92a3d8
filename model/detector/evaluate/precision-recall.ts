/** The precision and the recall after each detection of one label, the most probable detection first. */
export interface PrecisionRecall {
  readonly precision: readonly number[];
  /** Never decreases. */
  readonly recall: readonly number[];
}

/**
 * @param isCorrect of each detection, most probable first
 * @param objects number of objects to find, at least 1
 */
export function precisionRecall(isCorrect: readonly boolean[], objects: number): PrecisionRecall {
  let correct = 0;
  const counts = isCorrect.map((right) => {
    if (right) correct += 1;
    return correct;
  });
  return {
    precision: counts.map((count, index) => count / (index + 1)),
    recall: counts.map((count) => count / objects),
  };
}

/**
 * Mean of the interpolated precision at evenly spaced recalls from 0 to 1. A recall is the product of its number and the step, as in the
 * tools of VOC and COCO: its rounding decides whether a recall such as 7/20 reaches it.
 * @param points 11 in VOC 2007, 101 in COCO
 */
export function sampledAveragePrecision(curve: PrecisionRecall, points: number): number {
  const precision = interpolated(curve.precision);
  const step = 1 / (points - 1);
  let at = 0;
  let sum = 0;
  for (let point = 0; point < points; point += 1) {
    while (at < precision.length && (curve.recall[at] ?? 0) < point * step) at += 1;
    sum += precision[at] ?? 0;
  }
  return sum / points;
}

/** Area below the interpolated precision over the recall, as in VOC from 2010. */
export function areaAveragePrecision(curve: PrecisionRecall): number {
  let reached = 0;
  return interpolated(curve.precision).reduce((sum, precision, index) => {
    const recall = curve.recall[index] ?? 0;
    const gained = recall - reached;
    reached = recall;
    return sum + gained * precision;
  }, 0);
}

/** The highest precision at the same or a higher recall. */
function interpolated(precision: readonly number[]): number[] {
  const values = [...precision];
  for (let index = values.length - 2; index >= 0; index -= 1) {
    values[index] = Math.max(values[index] ?? 0, values[index + 1] ?? 0);
  }
  return values;
}
