import { intersectionOverUnion, shareInside } from '../../../shared/regions/intersection-over-union.ts';
import type { Box } from '../../../shared/regions/region.ts';
import { byProbability, type Detection, type GroundTruth } from './detection.ts';

/** Areas in pixels, both ends included. */
export interface AreaRange {
  readonly min: number;
  readonly max: number;
}

/** A detection that counts. */
export interface CountedDetection {
  readonly probability: number;
  readonly isCorrect: boolean;
}

/** Detections that COCO counts per label and image. */
const maxDetections = 100;

/**
 * Assigns the detections of one label in one image to objects, as COCO does: the most probable detection first takes the free
 * object that it overlaps most. Objects outside the range of areas are exempt, as are crowds, which may be taken by several
 * detections: these do not count. Nor do detections outside the range that take no object.
 */
export function matchDetections(
  detections: readonly Detection[],
  objects: readonly GroundTruth[],
  { minOverlap, range }: { readonly minOverlap: number; readonly range: AreaRange },
): CountedDetection[] {
  const isExempt = (object: GroundTruth) => object.exempt !== undefined || !isWithin(object, range);
  const taken = new Set<GroundTruth>();
  return byProbability(detections)
    .slice(0, maxDetections)
    .flatMap((detection) => {
      const free = objects.filter((object) => object.exempt === 'crowd' || !taken.has(object));
      const object =
        lastMostOverlapped(
          detection,
          free.filter((candidate) => !isExempt(candidate)),
          minOverlap,
        ) ?? lastMostOverlapped(detection, free.filter(isExempt), minOverlap);
      if (object !== undefined) taken.add(object);
      if (object === undefined ? !isWithin(detection, range) : isExempt(object)) return [];
      return [{ probability: detection.probability, isCorrect: object !== undefined }];
    });
}

/** Of several objects with the same overlap the last one, as in COCO's tools. */
function lastMostOverlapped(
  detection: Detection,
  objects: readonly GroundTruth[],
  minOverlap: number,
): GroundTruth | undefined {
  let best: GroundTruth | undefined;
  let least = minOverlap;
  for (const object of objects) {
    const overlap = overlapOf(detection, object);
    if (overlap < least) continue;
    least = overlap;
    best = object;
  }
  return best;
}

/** A crowd contains many objects: the overlap is the share of the detection that is inside. */
function overlapOf(detection: Detection, object: GroundTruth): number {
  if (object.exempt !== 'crowd') return intersectionOverUnion(detection, object);
  return shareInside(detection, object);
}

function isWithin({ width, height }: Box, { min, max }: AreaRange): boolean {
  return width * height >= min && width * height <= max;
}
