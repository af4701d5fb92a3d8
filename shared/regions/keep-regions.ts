import { type BackgroundRule, backgroundRule, indexOfBest, type RegionLabels } from './background-rule.ts';
import type { LabeledRegion, ProposedRegion } from './region.ts';
import { isSameObject } from './same-object.ts';

/** A region with the network's probabilities, one per label. */
export interface ScoredRegion extends ProposedRegion {
  readonly probabilities: Float32Array;
}

export interface KeepOptions<T> extends RegionLabels {
  /** The whole image, see `wholeImageBox`. */
  readonly whole: T;
}

/** A region that was kept, and its label. */
export interface KeptRegion<T> extends Pick<LabeledRegion, 'label_id' | 'label' | 'probability'> {
  readonly region: T;
}

/** Regions of an image that are kept at most: a list that people read, and a page can draw. */
export const maxKept = 20;

/**
 * Chooses the regions that show an object: those with a label, see `backgroundRule`; of several regions on one object the most
 * probable. For a detector, the whole image is one of the regions if no other one has its label: a smaller box on the same object is more
 * precise, also where it is less probable.
 * @param proposals regions inside the image
 * @returns the most probable first; of equal ones, the one that looks more like an object, then the earlier one
 */
export function keepRegions<T extends ScoredRegion>(
  proposals: readonly T[],
  { labels, backgroundLabel, whole }: KeepOptions<T>,
): KeptRegion<T>[] {
  const rule = backgroundRule({ labels, backgroundLabel }, whole.probabilities);
  const labeled = candidates(proposals, rule);
  const others = backgroundLabel === undefined ? [] : candidates([whole], rule);
  const missing = others.filter(({ label }) => labeled.every((other) => other.label !== label));
  const kept: Candidate<T>[] = [];
  for (const candidate of ranked([...labeled, ...missing])) {
    if (kept.length >= maxKept) break;
    const isKnown = kept.some(({ region, label }) =>
      isSameObject(candidate.region, region, { haveSameLabel: candidate.label === label }),
    );
    if (!isKnown) kept.push(candidate);
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
