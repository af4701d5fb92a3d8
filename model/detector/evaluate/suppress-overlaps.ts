import { isSameObject } from '../../../shared/regions/same-object.ts';
import { byProbability, type Detection } from './detection.ts';

/** Non-maximum suppression: of detections of one label in one image that are of one object, keeps the most probable. */
export function suppressOverlaps(detections: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const detection of byProbability(detections)) {
    if (!kept.some((other) => isSameObject(detection, other, { haveSameLabel: true }))) kept.push(detection);
  }
  return kept;
}
