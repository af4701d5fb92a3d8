import { intersectionOverUnion, shareOfSmaller } from './intersection-over-union.ts';
import type { Box } from './region.ts';

/**
 * Two regions with the same label are one object above this intersection over union: non-maximum suppression as in Girshick et
 * al., Rich feature hierarchies for accurate object detection and semantic segmentation, section 2.2.
 */
const sameLabelOverlap = 0.3;
/** Or if as much of one is inside the other: the head of a dog is no second dog. */
const sameLabelInside = 0.7;
/** Two regions with different labels are one object above this intersection over union: an object has one label. */
const otherLabelOverlap = 0.5;

/** Whether two regions show one object. The flow and the evaluation of detectors use the same rule. */
export function isSameObject(one: Box, other: Box, { haveSameLabel }: { readonly haveSameLabel: boolean }): boolean {
  const overlap = intersectionOverUnion(one, other);
  if (!haveSameLabel) return overlap > otherLabelOverlap;
  return overlap > sameLabelOverlap || shareOfSmaller(one, other) > sameLabelInside;
}
