import { intersectionArea, intersectionOverUnion } from '../../../shared/regions/intersection-over-union.ts';
import type { Box } from '../../../shared/regions/region.ts';
import { byProbability, type Detection } from './detection.ts';

/** Two detections of a label are of one object above this intersection over union, as in `keepRegions`. */
const maxOverlap = 0.3;
/** Or if one contains this share of the other. */
const maxInside = 0.7;

/** Non-maximum suppression: of detections of one label in one image that are of one object, keeps the most probable. */
export function suppressOverlaps(detections: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const detection of byProbability(detections)) {
    if (!kept.some((other) => areOneObject(detection, other))) kept.push(detection);
  }
  return kept;
}

function areOneObject(one: Box, other: Box): boolean {
  const smaller = Math.min(one.width * one.height, other.width * other.height);
  return intersectionOverUnion(one, other) > maxOverlap || intersectionArea(one, other) > maxInside * smaller;
}
