import { type BackgroundRule, backgroundRule, indexOfBest, type RegionLabels } from './background-rule.ts';
import { intersectionArea, intersectionOverUnion } from './intersection-over-union.ts';
import type { Box, LabeledRegion, ProposedRegion } from './region.ts';

/** A region with the network's probabilities, one per label. */
export interface ScoredRegion extends ProposedRegion {
  readonly probabilities: Float32Array;
}

export interface KeepOptions extends RegionLabels {
  /** Probabilities of the whole image. */
  readonly whole: Float32Array;
}

/** A region that was kept, and its label. */
export interface KeptRegion<T> extends Pick<LabeledRegion, 'label_id' | 'label' | 'probability'> {
  readonly region: T;
}

/** Regions of an image that are kept at most: a list that people read, and a page can draw. */
export const maxKept = 20;

/**
 * Two regions with the same label are one object above this intersection over union: non-maximum suppression as in Girshick et
 * al., Rich feature hierarchies for accurate object detection and semantic segmentation, section 2.2.
 */
const sameLabelOverlap = 0.3;
/** Or if as much of one is inside the other: the head of a dog is no second dog. */
const sameLabelInside = 0.7;
/** Two regions with different labels are one object above this intersection over union: an object has one label. */
const otherLabelOverlap = 0.5;

/**
 * Chooses the regions that show an object: those with a label, see `backgroundRule`; of several regions on one object the most
 * probable.
 * @returns the most probable first; of equal ones, the one that looks more like an object, then the earlier one
 */
export function keepRegions<T extends ScoredRegion>(
  regions: readonly T[],
  { labels, backgroundLabel, whole }: KeepOptions,
): KeptRegion<T>[] {
  const rule = backgroundRule({ labels, backgroundLabel }, whole);
  const kept: Candidate<T>[] = [];
  for (const candidate of ranked(candidates(regions, rule))) {
    if (kept.length >= maxKept) break;
    if (!kept.some((better) => isSameObject(candidate, better))) kept.push(candidate);
  }
  return kept.map(({ region, label, probability }) => ({
    region,
    label_id: labels[label]?.id ?? '',
    label: labels[label]?.name ?? '',
    probability,
  }));
}

interface Candidate<T> {
  readonly region: T;
  /** Index of the label. */
  readonly label: number;
  readonly probability: number;
}

function candidates<T extends ScoredRegion>(regions: readonly T[], rule: BackgroundRule): Candidate<T>[] {
  return regions.flatMap((region) => {
    const label = indexOfBest(region.probabilities);
    const probability = region.probabilities[label] ?? 0;
    return rule.isObject(region.probabilities, label) ? [{ region, label, probability }] : [];
  });
}

/** Sorting is stable: equal candidates stay in the order of the regions. */
function ranked<T extends ProposedRegion>(all: readonly Candidate<T>[]): Candidate<T>[] {
  return all.toSorted((a, b) => b.probability - a.probability || b.region.objectness - a.region.objectness);
}

function isSameObject<T extends ProposedRegion>(one: Candidate<T>, other: Candidate<T>): boolean {
  const overlap = intersectionOverUnion(one.region, other.region);
  if (one.label !== other.label) return overlap > otherLabelOverlap;
  return overlap > sameLabelOverlap || shareInside(one.region, other.region) > sameLabelInside;
}

/** The area that two boxes have in common as a share of the smaller one: 1 if one is inside the other. */
function shareInside(one: Box, other: Box): number {
  return intersectionArea(one, other) / Math.min(one.width * one.height, other.width * other.height);
}
