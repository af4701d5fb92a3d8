import { intersectionOverUnion, shareInside } from '../../../shared/regions/intersection-over-union.ts';
import type { Box } from '../../../shared/regions/region.ts';
import type { AnnotatedObject } from '../annotations/annotation.ts';

/**
 * A region shows an object from this intersection over union on. The R-CNN paper fine-tunes with 0.5; here it is more, as half of an
 * object has nearly the same embedding as all of it. Decision 0036 has the figures.
 */
const minObjectOverlap = 0.6;
/** A region below this intersection over union with every object is background (R-CNN, section 2.3); between both it is not used. */
const maxBackgroundOverlap = 0.3;
/** A region with at least this share of its area inside an exempt object is not background. */
const maxInsideExempt = 0.5;

/** The object that a region overlaps most, of those that are not exempt. */
export interface NearestObject {
  readonly object: AnnotatedObject;
  readonly overlap: number;
}

/** Undefined for an image without objects. */
export function nearestObject(box: Box, objects: readonly AnnotatedObject[]): NearestObject | undefined {
  return objects
    .filter(({ exempt }) => exempt === undefined)
    .map((object) => ({ object, overlap: intersectionOverUnion(box, object) }))
    .reduce<NearestObject | undefined>((best, next) => (best && best.overlap >= next.overlap ? best : next), undefined);
}

/** The label that a region is an example of; `undefined` for the background, `null` for neither. */
export function assignLabel(box: Box, objects: readonly AnnotatedObject[]): string | undefined | null {
  const nearest = nearestObject(box, objects);
  if (nearest !== undefined && nearest.overlap >= minObjectOverlap) return nearest.object.label;
  if (nearest !== undefined && nearest.overlap >= maxBackgroundOverlap) return null;
  const isInExempt = objects.some(
    (object) => object.exempt !== undefined && shareInside(box, object) >= maxInsideExempt,
  );
  return isInExempt ? null : undefined;
}
